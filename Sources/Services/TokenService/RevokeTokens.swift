internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC
internal import Tokens

// A call is a stream of steps, each a batch in a transaction of its own, so that other commands
// have their turn between them and a cancelled call stops soon. The caller's own token, if it is
// among them, goes with the last step: each step asks again whether its bearer may.
extension PosternServices {
  // For the user itself, an administrator of the organization, or an operator.
  func revokeTokens(
    _ request: PosternV1.RevokeTokensRequest, for call: Call, from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    let permit = try permit(request, for: try authenticate(call, in: snapshot), in: snapshot)
    try require(permit, snapshot)
    return try RevokeTokens(
      permit, request, pageKey: pageKey, nowNanoseconds: snapshot.nowNanoseconds)
  }

  func revokeTokens(
    _ request: PosternV1.RevokeTokensRequest, by caller: Caller, in draft: inout Draft,
    into response: PosternV1.RevokeTokensResponse.Builder
  ) throws(Status) -> StepEnd {
    try require(try permit(request, for: caller, in: draft), draft)
    let tokens = PageTokens(of: .tokenServiceRevokeTokens, request, pageKey)
    var batch = RevocationBatch(
      tokens, sparing: caller.tokenID, within: StepBudget(nanoseconds: limits.stepNanoseconds))
    try findTokens(
      of: request, behind: try tokens.position(of: request.pageToken), in: draft, into: &batch)
    // Each organization finds in its own audit what was revoked of it.
    for group in batch.groups {
      draft.revokeTokens(
        group.tokenIDs, of: OrganizationID(stored: group.organizationID.span),
        user: UserID(storedOrEmpty: request.userID), by: caller.actor)
    }
    response.setRevokedCount(UInt64(batch.count))
    response.setDone(batch.next.isEmpty)
    response.setNextPageToken(batch.next.span)
    // The last step waits for all of them.
    return batch.next.isEmpty ? .done : .isFollowed
  }

  /// Checks the fields of the request; returns the permit that its caller needs.
  private func permit<State: LedgerState & ~Copyable>(
    _ request: PosternV1.RevokeTokensRequest, for caller: Caller, in state: borrowing State
  ) throws(Status) -> StreamPermit {
    guard !request.organizationID.isEmpty || request.issuedBefore != nil else {
      throw Fields.invalid(
        "give at least one of `organization_id` and `issued_before`", "organization_id")
    }
    guard request.userID.isEmpty || !request.organizationID.isEmpty else {
      throw Fields.invalid("`user_id` needs `organization_id`", "organization_id")
    }
    guard !request.organizationID.isEmpty else {
      return StreamPermit(caller, .operatorRole("revoking tokens of every organization"))
    }
    let organization = try Fields.organizationID(request.organizationID)
    if !request.userID.isEmpty { _ = try Fields.userID(request.userID) }
    let permit = StreamPermit(
      caller,
      .actions(
        request.userID.isEmpty
          ? ["user_token.revoke", "org_token.delete"] : ["user_token.revoke"],
        organizationID: Array(copying: organization.bytes),
        userID: Array(copying: request.userID)))
    try require(permit, state)
    try requireOrganization(organization, in: state)
    return permit
  }

  /// Finds the next tokens that the request selects.
  private func findTokens(
    of request: PosternV1.RevokeTokensRequest, behind position: [UInt8],
    in draft: borrowing Draft, into batch: inout RevocationBatch
  ) throws(Status) {
    var limit = Int64.max
    if let time = request.issuedBefore { limit = try Fields.time(time, "issued_before") }
    let kind = request.kind
    guard !request.organizationID.isEmpty else {
      draft.forEachToken(after: position.span) { position, token in
        batch.admit(token, at: position, issuedBefore: limit, kind)
      }
      return
    }
    let organization = OrganizationID(stored: request.organizationID)
    let user = UserID(storedOrEmpty: request.userID)
    draft.forEachToken(in: organization, user: user, after: position.span) { position, id in
      guard let token = draft.token(id) else { return true }
      return batch.admit(token, at: position, issuedBefore: limit, kind)
    }
    batch.end(issuedBefore: limit, kind, draft) { token in
      token.organizationID == organization && token.isOf(user)
    }
  }
}

/// The tokens of one step.
private struct RevocationBatch {
  /// The most tokens that a step revokes. What it passes over has a limit in time.
  private static let maximumRevoked = 1000
  /// The most organizations, each of which has an entry.
  private static let maximumGroups = 100

  /// The organizations with the bytes of the ids, in the order in which they were found.
  private(set) var groups: [(organizationID: [UInt8], tokenIDs: [UInt8])] = []
  private var places: [[UInt8]: Int] = [:]
  private(set) var count = 0
  /// The page token of the next step; empty for none.
  private(set) var next: [UInt8] = []
  private let tokens: PageTokens
  private var step: StepBudget
  /// The token of the caller.
  private let spared: TokenID?

  init(_ tokens: PageTokens, sparing spared: TokenID?, within step: StepBudget) {
    self.step = step
    self.tokens = tokens
    self.spared = spared
  }

  /// Takes a token if it is selected; false once the step is full.
  mutating func admit(
    _ token: TokenRecord, at position: Span<UInt8>, issuedBefore limit: Int64,
    _ kind: PosternV1.TokenKind
  ) -> Bool {
    let isTaken = token.id != spared && take(token, issuedBefore: limit, kind)
    if !isTaken { step.spend() }
    guard
      count == Self.maximumRevoked || step.isSpent || groups.count == Self.maximumGroups
    else { return true }
    next = tokens.text(of: position)
    return false
  }

  /// Takes the token of the caller too, if it is selected and no step follows.
  mutating func end(
    issuedBefore limit: Int64, _ kind: PosternV1.TokenKind, _ draft: borrowing Draft,
    where isSelected: (TokenRecord) -> Bool
  ) {
    guard next.isEmpty, let spared, let token = draft.token(spared), isSelected(token) else {
      return
    }
    _ = take(token, issuedBefore: limit, kind)
  }

  /// Takes a token if it is selected; false if it is not.
  private mutating func take(
    _ token: TokenRecord, issuedBefore limit: Int64, _ kind: PosternV1.TokenKind
  ) -> Bool {
    let isOfKind =
      kind == .unspecified || kind.rawValue == token.kind.map { Int32($0.rawValue) } ?? 0
    guard isOfKind, !token.isRevoked, token.issuedAtNanoseconds < limit else { return false }
    let place = place(of: token)
    let bytes = token.id.bytes
    for index in bytes.indices { groups[place].tokenIDs.append(bytes[index]) }
    count += 1
    return true
  }

  /// The place of the group of a token, which mostly is that of the token before.
  private mutating func place(of token: TokenRecord) -> Int {
    if let last = groups.last, token.organizationID.bytes.isEqual(to: last.organizationID.span) {
      return groups.count - 1
    }
    let organization = Array(copying: token.organizationID.bytes)
    if let place = places[organization] { return place }
    groups.append((organization, []))
    places[organization] = groups.count - 1
    return groups.count - 1
  }
}

/// Gives the writer one step after another and reports each.
private final class RevokeTokens: StreamingCall {
  private let organizationID: [UInt8]
  private let userID: [UInt8]
  private let kind: PosternV1.TokenKind
  private let issuedBeforeNanoseconds: Int64
  /// What the last step waits for.
  private let wait: PosternV1.Wait
  /// The page tokens of the call's own request, with which a peer continues after an interruption.
  private let tokens: PageTokens
  private var position: [UInt8]
  private var revokedCount: UInt64 = 0
  private var isDone = false
  private let ownPermit: StreamPermit
  /// The revision to report; nil when nothing is to report.
  private var report: UInt64?

  /// The page tokens of the requests that the writer gets.
  private var steps: PageTokens
  private let pageKey: PageKey

  init(
    _ permit: StreamPermit, _ request: PosternV1.RevokeTokensRequest, pageKey: PageKey,
    nowNanoseconds: Int64
  ) throws(Status) {
    ownPermit = permit
    tokens = PageTokens(of: .tokenServiceRevokeTokens, request, pageKey)
    steps = tokens
    self.pageKey = pageKey
    organizationID = Array(copying: request.organizationID)
    userID = Array(copying: request.userID)
    kind = request.kind
    wait = request.wait
    position = try tokens.position(of: request.pageToken)
    // What was issued before the call, including at this very time.
    var limit = nowNanoseconds + 1
    if let time = request.issuedBefore {
      limit = min(limit, try Fields.time(time, "issued_before"))
    }
    issuedBeforeNanoseconds = limit
  }

  /// The report of the last step is the caller's, whose token may have gone with it.
  var permit: StreamPermit { isDone ? .open : ownPermit }

  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    let (organization, user, position) = (organizationID, userID, position)
    if let revision = report.take() {
      let response = PosternV1.RevokeTokensResponse.Builder(in: arena)
      response.setRevokedCount(revokedCount)
      response.setDone(isDone)
      if !position.isEmpty { response.setNextPageToken(tokens.text(of: position.span).span) }
      response.stamp(revision, snapshot)
      response.encode(into: &output)
      return .message
    }
    if isDone { return .finished }
    let request = PosternV1.RevokeTokensRequest.Builder(in: arena)
    request.setOrganizationID(organization.span)
    request.setUserID(user.span)
    request.setKind(kind)
    request.setWait(wait)
    request.makeIssuedBefore().set(nanoseconds: issuedBeforeNanoseconds)
    steps = PageTokens(of: .tokenServiceRevokeTokens, request.view, pageKey)
    if !position.isEmpty { request.setPageToken(steps.text(of: position.span).span) }
    request.encode(into: &output)
    return .command
  }

  func answered(_ answer: Span<UInt8>, _ arena: borrowing Arena) throws(Status) {
    guard let response = try? PosternV1.RevokeTokensResponse(decoding: answer, in: arena) else {
      preconditionFailure("the writer's answer can't be read")
    }
    revokedCount += response.revokedCount
    isDone = response.done
    position = try steps.position(of: response.nextPageToken)
    report = response.revision
  }
}
