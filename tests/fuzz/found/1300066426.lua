return function(p)
local n2 = p:u64(24) or (math.mininteger + 1)
if p:set_u16(1, 0) then end
for m7 in (p:sub(1, 2) .. ""):gmatch("[^ab]*") do
A:add(6, n2)
local it8 = (p:sub(1, 2) .. ""):gmatch("(.).")
put(18, it8() == "10")
put(3, it8() == nil)
end
end
