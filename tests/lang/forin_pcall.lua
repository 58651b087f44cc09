local lang = dofile "tests/lang/harness.lua"
local T = { a = 1, b = 2, c = 3 }
local A = bpf.map { "array", key = "u32", value = "u64", entries = 4 }
for i = 0, 3 do A[i] = i * 10 end
lang.case { name = "pcall around pairs", inputs = lang.list and lang.list{0,1,2,nil} or lang.pairs { 0, 1, 2, false }, f = function(x, y)
  local ok, s = pcall(function()
    local s = 0
    for k, v in pairs(T) do s = s + v * x end
    for i, v in pairs(A) do s = s + v // y end
    return s
  end)
  if ok then return s end
  return -1
end }
lang.case { name = "pcall in pairs", inputs = lang.pairs { 0, 1, 2, false }, f = function(x, y)
  local s = 0
  for k, v in pairs(T) do
    local ok, r = pcall(function() if v == 2 then error(x) end return v // y end)
    if ok then s = s + r elseif r == x then s = s + 100 else s = s + 1000 end
  end
  return s
end }
lang.done()
