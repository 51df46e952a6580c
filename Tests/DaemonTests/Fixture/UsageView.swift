internal import Messages
internal import PosternClient
internal import TestSupport

/// What of a row of usage a test looks at.
struct UsageView: Hashable {
  let token: String
  let owner: String
  let method: String
  let uid: UInt32
  let calls: UInt64
  let denied: UInt64
  let previous: UInt64
  /// Those of the calls that were uses of kept answers.
  let kept: UInt64
  /// Seconds since 1970.
  let day: Int64
  let lastUsed: Int64

  init(_ usage: PosternV1.Usage) {
    token = String(usage.tokenID)
    owner = String(usage.userID) + String(usage.tokenName)
    method = String(usage.method)
    uid = usage.uid
    calls = usage.callCount
    denied = usage.deniedCount
    previous = usage.previousSecretCount
    kept = usage.cachedCount
    day = usage.day?.seconds ?? -1
    lastUsed = usage.lastUsedAt?.seconds ?? -1
  }
}

extension PosternClient {
  /// One page of usage of `acme`, and what asks for the next.
  func usagePage(
    page: String = "", size: Int32 = 1000,
    _ fill: (PosternV1.GetUsageRequest.Builder) -> Void = { _ in }
  ) throws(ClientError) -> (rows: [UsageView], next: String) {
    let reply = try getUsage { request in
      request.setOrganizationID("acme")
      request.setPageSize(size)
      request.setPageToken(page)
      fill(request)
    }
    let message = reply.message
    var rows: [UsageView] = []
    for index in 0..<message.usagesCount { rows.append(UsageView(message.usages(at: index))) }
    return (rows, String(message.nextPageToken))
  }

  /// All usage of `acme` that a request selects.
  func usage(
    size: Int32 = 1000, _ fill: (PosternV1.GetUsageRequest.Builder) -> Void = { _ in }
  ) throws(ClientError) -> [UsageView] {
    var rows: [UsageView] = []
    var page = ""
    repeat {
      let answer = try usagePage(page: page, size: size, fill)
      rows += answer.rows
      page = answer.next
    } while !page.isEmpty && rows.count < 10_000
    return rows
  }
}
