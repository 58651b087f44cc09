-- A map whose contents are put back before each run and shown after it, with as few system calls as that takes.
--
--	local reset, dump = contents(map, { { key, value }, ... }, function(k, v) return text end [, array])
--
-- dump adds the texts of all entries to a list, in order; reset mends what the last dump saw changed. Entries of an
-- array cannot be deleted: all of them are among the wanted ones, and those that are as wanted are not shown.
return function(map, wanted, show, array)
	local first = {}        -- by text, what is wanted
	local seen              -- by text, the keys of what the last dump saw

	local function begin()
		if not array then map:clear() end
		for _, w in ipairs(wanted) do
			map[w[1]] = w[2]
			w.text = show(w[1], map[w[1]])
			first[w.text] = w
		end
	end

	local function mend()
		for text, k in pairs(seen) do
			if not first[text] and not array then map[k] = nil end
		end
		for text, w in pairs(first) do
			if not seen[text] then map[w[1]] = w[2] end
		end
	end

	local function reset()
		if seen then mend() else begin() end
		seen = nil
	end

	local function dump(list)
		local all = {}
		seen = {}
		for k, v in pairs(map) do
			local text = show(k, v)
			seen[text] = k
			if not array or not first[text] then all[#all + 1] = text end
		end
		table.sort(all)
		list[#list + 1] = table.concat(all, " ")
	end

	return reset, dump
end
