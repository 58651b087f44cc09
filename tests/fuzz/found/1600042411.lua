return function(p)
local w1 = arg(p, 41)
put(1, #string.char(33, p:u8(300) or 0x80000000, w1))
end
