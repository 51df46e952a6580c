internal import Ledger
internal import Messages
internal import Tokens

/// Puts usage on a page, token by token, until the page is full or enough was looked at.
struct UsageScan {
  private let filter: UsageFilter
  private let size: Int
  private var count = 0
  private var looked = 0
  /// What asks for the next page; empty while this may be the last.
  private(set) var next = ""

  /// The most rows and tokens that one page looks at, so that a filter that nothing passes stays
  /// cheap.
  private static let mostLookedAt = 10_000

  init(_ filter: UsageFilter, size: Int) {
    self.filter = filter
    self.size = size
  }

  /// Reads the usage of a token behind a row of it (empty: from the first); whether to go on.
  mutating func read(
    _ token: TokenRecord, after: Span<UInt8>, _ snapshot: borrowing Snapshot,
    into response: PosternV1.GetUsageResponse.Builder
  ) -> Bool {
    looked += 1
    var page = self
    snapshot.forEachUsage(of: token.id, fromDay: filter.firstDay, after: after) { row in
      page.looked += 1
      if page.filter.isBehind(row) { return false }
      if page.filter.admits(row) {
        Self.write(row, token, into: response.addUsages())
        page.count += 1
      }
      if page.isOver { page.next = UsagePosition.text(token, row: row.key) }
      return !page.isOver
    }
    self = page
    if next.isEmpty, isOver { next = UsagePosition.text(token, row: after) }
    return !isOver
  }

  private var isOver: Bool { count == size || looked >= Self.mostLookedAt }

  private static func write(
    _ row: UsageRow, _ token: TokenRecord, into usage: PosternV1.Usage.Builder
  ) {
    let text = token.id.text
    usage.setTokenID(text.span)
    usage.setOrganizationID(token.organizationID)
    usage.setUserID(token.userID)
    usage.setTokenName(token.name)
    usage.setUid(row.userID)
    usage.setMethod(row.method)
    usage.makeDay().set(nanoseconds: UsageDay.beginNanoseconds(row.day))
    usage.setCallCount(row.callCount)
    usage.setDeniedCount(row.deniedCount)
    usage.setPreviousSecretCount(row.previousSecretCount)
    usage.makeLastUsedAt().set(nanoseconds: row.lastNanoseconds)
  }
}
