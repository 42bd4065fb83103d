-- Posts new links: wrk -s bench/post.lua URL -- FROM BATCH
-- FROM is the number of the first link. BATCH is the number of links in a request:
-- 1 sends an object, more send an array. All links have the same length, and all
-- titles have 60 bytes.

local function link(i)
  return string.format(
    '{"link":"https://www.example%03d.com/articles/2026/%09d/a-page-worth-keeping","title":"Article %09d: a title that has sixty bytes, as many do."}',
    i % 977, i, i)
end

local head, number, batch

function init(args)
  number, batch = tonumber(args[1]), tonumber(args[2])
  local length = #link(0)
  if batch > 1 then
    length = batch * (length + 1) + 1 -- commas between, and brackets
  end
  head = string.format(
    "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
    wrk.path, wrk.headers["Host"], length)
end

function request()
  if batch == 1 then
    number = number + 1
    return head .. link(number - 1)
  end
  local links = {}
  for i = 1, batch do
    links[i] = link(number)
    number = number + 1
  end
  return head .. "[" .. table.concat(links, ",") .. "]"
end
