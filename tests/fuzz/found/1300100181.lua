return function(p)
local n1 = p:u64(15) or 0x7fffffff
local n3 = p:u64(33) or -64
local h6 = p.tcp
if h6 then
end
OUT[8] = (p:le32((n3 - n1)) or -7)
end
