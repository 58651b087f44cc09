return function(p)
local w4 = arg(p, 41)
local n6
if true then n6 = 0 else n6 = 0 end
puts(3, "k" .. p:sub(24, 23 + n6))
local m20 = N[2]
if m20 then
w4 = 1
end
for k26, v27 in ipairs(A) do
for k29, v30 in pairs(B) do
if k29 == 0 then
OUT[4] = w4 & 0xff
end
end
end
end
