return function(p)
for k7, v8 in pairs(K.mixed) do
if nil then
elseif ((("ab"):match("\r\n(.-):")) == "a") then
end
local it11 = ("<" .. p:sub(1, 2):rep(0):sub(1, 0)):gmatch("%d+")
put(4, it11() == "GET")
put(14, it11() == nil)
end
end
