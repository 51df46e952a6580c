internal import Identifiers
internal import Ledger
internal import Messages
internal import Tokens

/// Puts usage on a page, token by token, until the page is full.
struct UsageScan {
  private let filter: UsageFilter
  private(set) var page: Page
  /// Tokens that were issued before this revision are passed over.
  var horizon = UInt64.max

  init(_ filter: UsageFilter, _ page: Page) {
    self.filter = filter
    self.page = page
  }

  /// Begins with the token at a position of the list; false if the page is full.
  mutating func reaches(_ token: [UInt8]) -> Bool {
    page.reaches(UsagePosition.bytes(token: token, row: Span()).span)
  }

  /// Reads the usage of the token at a position of the list, behind a row of it (empty: from the
  /// first); false if the page is full.
  mutating func read(
    _ record: TokenRecord, at token: [UInt8], after: Span<UInt8>, _ snapshot: borrowing Snapshot,
    into response: PosternV1.GetUsageResponse.Builder
  ) -> Bool {
    guard record.issuedRevision >= horizon else { return true }
    var page = page
    let filter = filter
    var isFull = false
    snapshot.forEachUsage(of: record.id, fromDay: filter.firstDay, after: after) { row in
      if filter.isBehind(row) { return false }
      guard page.reaches(UsagePosition.bytes(token: token, row: row.key).span) else {
        isFull = true
        return false
      }
      guard filter.admits(row) else { return true }
      let item = response.addUsages()
      Self.write(row, record, into: item)
      page.add(item)
      return true
    }
    self.page = page
    return !isFull
  }

  private static func write(
    _ row: UsageRow, _ token: TokenRecord, into usage: PosternV1.Usage.Builder
  ) {
    let text = token.id.text
    usage.setTokenID(text.span)
    usage.setOrganizationID(token.organizationID.bytes)
    usage.setUserID(UserID.bytes(of: token.userID))
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
