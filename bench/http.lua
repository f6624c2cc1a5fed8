-- Asks for a list of addresses in turn or, with BODY and CASE, deposits that file's bytes; tells rate, latency and failures in one line.
local headers = { ["Authorization"] = "Bearer " .. os.getenv("TOKEN") }
local turn = 0
if os.getenv("BODY") then
  local file = io.open(os.getenv("BODY"), "rb")
  local body = file:read("*a")
  file:close()
  headers["Content-Type"] = "application/octet-stream"
  headers["Document-Title"] = "report"
  local path = "/v1/cases/" .. os.getenv("CASE") .. "/documents?category=D05"
  function request()
    -- Another content each time: the same one for the same child would be stored once.
    turn = turn + 1
    return wrk.format("POST", path, headers, string.format("%012d", turn) .. math.random(1e9) .. body)
  end
else
  local targets = {}
  for line in io.lines(os.getenv("TARGETS")) do targets[#targets + 1] = line end
  function request()
    turn = turn % #targets + 1
    return wrk.format("GET", targets[turn], headers)
  end
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.2f %.2f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
