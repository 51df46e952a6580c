package import Messages
package import RPC
internal import Tokens

/// Selects the entries of the log that a caller has asked for: those to which every given condition
/// applies. Matching an entry allocates nothing.
package struct EventFilter: Sendable {
  /// Selects changes in this organization; empty: in all, and changes of the daemon as a whole.
  package let organizationID: [UInt8]
  /// Selects changes by this user of the organization and changes of it; empty: of all users.
  package let userID: [UInt8]
  private let tokenID: TokenID?
  private let resourceType: [UInt8]
  private let resourceID: [UInt8]
  /// One bit for each selected kind, at the place of its number; zero: all kinds.
  private let kinds: UInt64
  /// Nothing before this revision is selected, and no denied attempt with a token from before it.
  var horizon: UInt64 = 0
  /// Nanoseconds since 1970-01-01T00:00:00Z; the end is excluded.
  private let startNanoseconds: Int64
  private let endNanoseconds: Int64

  /// Reads all fields of a request but the revisions and the limit.
  package init(from request: PosternV1.ListEventsRequest) throws(Status) {
    if !request.organizationID.isEmpty { _ = try Fields.organizationID(request.organizationID) }
    if !request.userID.isEmpty {
      _ = try Fields.userID(request.userID)
      guard !request.organizationID.isEmpty else {
        throw Fields.invalid("`user_id` needs `organization_id` beside it", "user_id")
      }
    }
    if !request.resourceID.isEmpty {
      _ = try Fields.resourceID(request.resourceID)
      guard !request.resourceType.isEmpty else {
        throw Fields.invalid("`resource_id` needs `resource_type` beside it", "resource_id")
      }
    }
    tokenID = request.tokenID.isEmpty ? nil : try Fields.tokenID(request.tokenID)
    organizationID = Array(copying: request.organizationID)
    userID = Array(copying: request.userID)
    resourceType = Array(copying: request.resourceType)
    resourceID = Array(copying: request.resourceID)
    var kinds: UInt64 = 0
    for index in 0..<request.kindsCount { kinds |= try Self.bit(request.kinds(at: index)) }
    self.kinds = kinds
    startNanoseconds = Self.nanoseconds(request.startTime, orElse: .min)
    endNanoseconds = Self.nanoseconds(request.endTime, orElse: .max)
  }

  /// Reads all fields of a request but the revision and the interval.
  package init(from request: PosternV1.WatchRequest) throws(Status) {
    if !request.organizationID.isEmpty { _ = try Fields.organizationID(request.organizationID) }
    organizationID = Array(copying: request.organizationID)
    userID = []
    tokenID = nil
    resourceType = []
    resourceID = []
    var kinds: UInt64 = 0
    for index in 0..<request.kindsCount { kinds |= try Self.bit(request.kinds(at: index)) }
    self.kinds = kinds
    startNanoseconds = .min
    endNanoseconds = .max
  }

  private static func bit(_ kind: PosternV1.EventKind) throws(Status) -> UInt64 {
    guard kind != .unspecified, kind.name != nil, kind.rawValue < UInt64.bitWidth else {
      throw Fields.invalid("`kinds` holds the unknown kind \(kind.rawValue)", "kinds")
    }
    return 1 << UInt64(kind.rawValue)
  }

  private static func nanoseconds(
    _ time: GoogleProtobuf.Timestamp?, orElse absent: Int64
  ) -> Int64 {
    guard let time else { return absent }
    let (product, overflow) = time.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, further) = product.addingReportingOverflow(Int64(time.nanos))
    return overflow || further ? (time.seconds < 0 ? .min : .max) : sum
  }
}

extension EventFilter {
  /// Whether an entry is selected.
  package func matches(_ entry: PosternStorageV1.Entry) -> Bool {
    guard entry.revision >= horizon else { return false }
    let time = entry.timeNanoseconds
    guard time >= startNanoseconds, time < endNanoseconds else { return false }
    let subject = EventSubject(entry)
    guard kinds == 0 || kinds & (1 << UInt64(subject.kind.rawValue)) != 0 else { return false }
    if let recorded = entry.denialsRecorded { return matchesAny(of: recorded) }
    if subject.isAboutAllTokens { return resourceType.isEmpty }
    if !organizationID.isEmpty {
      guard subject.organizationID.isEqual(to: organizationID.span) else { return false }
    }
    if !userID.isEmpty, !subject.userID.isEqual(to: userID.span) {
      guard let actor = entry.actor, actor.organizationID.isEqual(to: organizationID.span),
        actor.userID.isEqual(to: userID.span)
      else { return false }
    }
    if let tokenID {
      if !tokenID.isAmong(subject.tokenIDs) {
        guard let actor = entry.actor, tokenID.isEqual(to: actor.tokenID) else { return false }
      }
    }
    if !resourceType.isEmpty {
      guard subject.resourceType.isEqual(to: resourceType.span) else { return false }
    }
    return resourceID.isEmpty || subject.resourceID.isEqual(to: resourceID.span)
  }

  /// Whether only kinds and times are restricted. Then a summary of denied attempts is shown whole.
  var selectsEverybody: Bool {
    organizationID.isEmpty && tokenID == nil && resourceType.isEmpty
  }

  /// Whether a row of denied attempts is selected.
  func matches(_ denial: PosternStorageV1.Denial) -> Bool {
    guard resourceType.isEmpty else { return false }
    let issued = denial.tokenIssuedRevision
    guard issued == 0 || issued >= horizon else { return false }
    if !organizationID.isEmpty {
      guard denial.organizationID.isEqual(to: organizationID.span) else { return false }
    }
    if !userID.isEmpty {
      guard denial.userID.isEqual(to: userID.span) else { return false }
    }
    return tokenID.map { $0.isEqual(to: denial.tokenID) } ?? true
  }

  private func matchesAny(of recorded: PosternStorageV1.DenialsRecorded) -> Bool {
    if selectsEverybody { return true }
    for index in 0..<recorded.denialsCount where matches(recorded.denials(at: index)) {
      return true
    }
    return false
  }
}

extension TokenID {
  /// Whether `ids`, the bytes of ids one after another, contain this id.
  fileprivate func isAmong(_ ids: Span<UInt8>) -> Bool {
    for start in stride(from: 0, through: ids.count - Self.byteCount, by: Self.byteCount)
    where isEqual(to: ids.extracting(start..<(start + Self.byteCount))) { return true }
    return false
  }

  /// Whether the id has these bytes.
  fileprivate func isEqual(to bytes: Span<UInt8>) -> Bool {
    let own = self.bytes
    return own.span.isEqual(to: bytes)
  }
}
