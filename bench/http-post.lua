-- Deposits the same bytes again and again, and tells rate, latency and failures in one line.
local file = io.open(os.getenv("BODY"), "rb")
local body = file:read("*a")
file:close()
local headers = {
  ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
  ["Content-Type"] = "application/octet-stream",
  ["Document-Title"] = "report",
}
local path = "/v1/cases/" .. os.getenv("CASE") .. "/documents?category=D05"
local turn = 0
function request()
  -- Another content each time: the same one for the same child would be stored once.
  turn = turn + 1
  return wrk.format("POST", path, headers, string.format("%012d", turn) .. math.random(1e9) .. body)
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.2f %.2f %d\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
