return function(p)
local n2 = p:u64(24) or 7
local w5 = arg(p, 50)
for k7, v8 in pairs(K.mixed) do
local ok17, r18 = pcall(function()
for k11, v12 in pairs(K.set) do
for k14, v15 in pairs(K.list) do
end
end
return ((math.type(w5) == "integer") and n2 or nil)
end)
if ok17 then
for k20, v21 in pairs(S) do
if k20 == 0 then
end
end
else
end
end
end
