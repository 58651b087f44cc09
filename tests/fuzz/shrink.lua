-- Makes a generated program smaller, as long as it fails.
local function size(node)
	if type(node) == "string" then return 1 end
	local n = 1
	for _, child in ipairs(node) do n = n + size(child) end
	return n
end

-- Tries new contents for a node; puts the old ones back when the failure is gone.
local function try(node, contents, fails)
	local old = table.move(node, 1, #node, 1, {})
	for i = #node, 1, -1 do node[i] = nil end
	table.move(contents, 1, #contents, 1, node)
	if fails() then return true end
	for i = #node, 1, -1 do node[i] = nil end
	table.move(old, 1, #old, 1, node)
	return false
end

-- What is marked `keep`, such as the count of a loop's turns, stays.
local function without(list, from, n)
	local out = {}
	for i, v in ipairs(list) do
		if i < from or i >= from + n or v.keep then out[#out + 1] = v end
	end
	return out
end

local function shrink_block(b, fails)
	local better = false
	local n = #b
	while n >= 1 do
		local i = 1
		while i + n - 1 <= #b do
			local less = without(b, i, n)
			if #less < #b and try(b, less, fails) then better = true else i = i + n end
		end
		n = n // 2
	end
	for i = #b, 1, -1 do
		local s = b[i]
		if s.t == "s" and s[1] == "do\n" then
			local flat = without(b, i, 1)
			table.move(flat, i, #flat, i + #s[2])
			table.move(s[2], 1, #s[2], i, flat)
			better = try(b, flat, fails) or better
		end
	end
	return better
end

local simple -- by sort: the texts of the smallest expressions

local function shrink_node(node, fails)
	if node.t == "b" then return shrink_block(node, fails) end
	for _, child in ipairs(node) do
		if node.t == "s" and child.t == "b" and #node > 3 and try(node, { "do\n", child, "end" }, fails) then
			return true
		elseif node.t == "e" and child.t == "e" and child.sort == node.sort and #node > 1 and
				try(node, { child }, fails) then
			return true
		end
	end
	if node.t == "e" and size(node) > 2 then
		for _, text in ipairs(simple[node.sort] or {}) do
			if try(node, { text }, fails) then return true end
		end
	end
	return false
end

local function shrink_tree(node, fails)
	local better = shrink_node(node, fails)
	for _, child in ipairs(table.move(node, 1, #node, 1, {})) do
		if type(child) == "table" then better = shrink_tree(child, fails) or better end
	end
	return better
end

return function(tree, texts, fails)
	simple = texts
	while shrink_tree(tree, fails) do end
end
