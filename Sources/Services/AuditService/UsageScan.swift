internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
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
      Self.writeUsage(row, of: record, into: item)
      page.add(item)
      return true
    }
    self.page = page
    return !isFull
  }

  private static func writeUsage(
    _ row: UsageRow, of token: TokenRecord, into usage: PosternV1.Usage.Builder
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
    usage.setCachedCount(row.keptCount)
    usage.makeLastUsedAt().set(nanoseconds: row.lastNanoseconds)
  }
}

/// Which days and methods of tokens' usage are listed.
struct UsageFilter {
  let firstDay: UInt16
  /// The day behind the last; nil for none.
  private let endDay: Int?
  /// Empty for all.
  private let method: [UInt8]

  init(_ request: PosternV1.GetUsageRequest) throws(Status) {
    var first: UInt16 = 0
    if let time = request.startTime {
      first = UsageDay.number(ofNanoseconds: try Fields.time(time, "start_time"))
    }
    firstDay = first
    var end: Int?
    if let time = request.endTime {
      let nanoseconds = try Fields.time(time, "end_time")
      let day = UsageDay.number(ofNanoseconds: nanoseconds)
      let isWhole = UsageDay.beginNanoseconds(day) >= nanoseconds
      end = Int(day) + (isWhole ? 0 : 1)
    }
    endDay = end
    method = Array(copying: request.method)
  }

  /// Whether a row is of a day after those that are listed, as are all that follow it.
  func isBehind(_ row: UsageRow) -> Bool { endDay.map { Int(row.day) >= $0 } ?? false }

  /// Whether a row is of a method that is listed.
  func admits(_ row: UsageRow) -> Bool {
    if method.isEmpty { return true }
    let name = row.method
    if name.isEqual(to: method.span) { return true }
    let start = name.count - method.count
    return start > 0 && name[start - 1] == UInt8(ascii: "/")
      && name.extracting(start..<name.count).isEqual(to: method.span)
  }
}

/// Where a page of usage continues: behind a row of a token, and then behind the token.
///
/// As bytes: the length of the token's position in the list, this position, which ends in the
/// token's id, and the row's key.
struct UsagePosition {
  /// Empty at the beginning.
  let token: [UInt8]
  /// Empty before the token's first row.
  let row: [UInt8]

  /// Reads what `bytes` made.
  init(_ bytes: [UInt8]) {
    let middle = 1 + Int(bytes.first ?? 0)
    token = Array(bytes.prefix(middle).dropFirst())
    row = Array(bytes.dropFirst(middle))
  }

  /// The token's id; nil at the beginning.
  var id: TokenID? {
    guard token.count >= TokenID.byteCount else { return nil }
    return TokenID(bytes: Array(token.suffix(TokenID.byteCount)).span)
  }

  static func bytes(token: [UInt8], row: Span<UInt8>) -> [UInt8] {
    [UInt8(token.count)] + token + Array(copying: row)
  }
}
