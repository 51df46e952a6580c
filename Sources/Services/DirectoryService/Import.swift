internal import Identifiers
internal import Ledger
internal import Messages
internal import Platform
internal import RPC

// A call is a stream of messages, each of which is a command. The next one is taken when the writer
// has answered, so a fast peer waits and costs no memory. A message that takes long is applied in
// steps, between which other commands have their turn; each first checks all that is left, since
// others may have changed what it refers to.
extension PosternServices {
  // For operators.
  func `import`(
    _ requests: PosternV1.ImportRequest.Type, for call: Call, from snapshot: borrowing Snapshot
  ) throws(Status) -> any StreamingCall {
    let permit = StreamPermit(try authenticate(call, in: snapshot), .operatorRole("importing"))
    try require(permit, snapshot)
    return Import(permit)
  }

  // All records are checked before the first is applied.
  func `import`(
    _ request: PosternV1.ImportRequest, from start: Continuation?, by caller: Caller,
    in draft: inout Draft, into response: PosternV1.ImportResponse.Builder
  ) throws(Status) -> StepEnd {
    try requireOperator(caller, "importing")
    var check = ImportCheck(policy, DirectoryRoom(limits))
    var progress = ImportProgress(start)
    try check.check(request, from: progress.next, draft)

    let importer = Importer(actor: caller.actor)
    var budget = AppendBudget(nanoseconds: limits.stepNanoseconds)
    // Organizations that only a later record gives an administrator: no other command may see them
    // before.
    var headless: Set<[UInt8]> = []
    while progress.next < request.recordsCount {
      guard !headless.isEmpty || budget.admitsNext() else {
        return .continues(progress.continuation)
      }
      guard let record = request.records(at: progress.next).recordValue else {
        preconditionFailure("a record was not checked")
      }
      progress.counts.add(importer.apply(record, to: &draft), record)
      progress.next += 1
      Self.note(record, in: &headless, draft)
    }
    progress.counts.fill(response)
    return .done
  }

  /// Notes whether the organization of a record that was applied has an administrator.
  private static func note(
    _ record: PosternV1.DirectoryRecord.Record, in headless: inout Set<[UInt8]>,
    _ draft: borrowing Draft
  ) {
    switch record {
    case .organization(let organization): note(organization.id, in: &headless, draft)
    case .user(let user): note(user.organizationID, in: &headless, draft)
    case .team, .resource: break
    }
  }

  private static func note(
    _ organization: Span<UInt8>, in headless: inout Set<[UInt8]>, _ draft: borrowing Draft
  ) {
    let count = draft.organization(OrganizationID(stored: organization))?.administratorCount ?? 0
    let id = Array(copying: organization)
    if count > 0 { headless.remove(id) } else { headless.insert(id) }
  }
}

/// Hands the writer one message after another, and sums up.
private final class Import: StreamingCall {
  let permit: StreamPermit
  /// The message to hand over next, as it came.
  private var message: WipedBytes?
  private var awaitsWriter = false
  private var hasEnded = false
  private var isDraining = false
  private var counts = ImportCounts()
  /// The messages that have been applied.
  private var appliedCount = 0
  private var revision: UInt64 = 0

  init(_ permit: StreamPermit) { self.permit = permit }

  var takesMessages: Bool { message == nil && !awaitsWriter && !hasEnded }

  func receive(_ message: Span<UInt8>, _ arena: borrowing Arena) throws(Status) {
    self.message = WipedBytes(copying: message)
  }

  func requestsEnded() throws(Status) { hasEnded = true }

  func drain() { isDraining = true }

  func next(
    from snapshot: borrowing Snapshot, nowNanoseconds: Int64, in arena: borrowing Arena,
    into output: inout ByteBuffer
  ) throws(Status) -> StreamStep {
    if let next = message.take() {
      output.append(next.span)
      awaitsWriter = true
      return .command
    }
    guard hasEnded else {
      // The peer may say nothing for as long as it likes.
      if isDraining { try refused(.draining) }
      return .wait(forLedger: false, atMostNanoseconds: nil)
    }
    let response = PosternV1.ImportResponse.Builder(in: arena)
    counts.fill(response)
    response.stamp(appliedCount > 0 ? revision : snapshot.revision, snapshot)
    response.encode(into: &output)
    return .finished
  }

  func answered(_ answer: Span<UInt8>, _ arena: borrowing Arena) throws(Status) {
    guard let response = try? PosternV1.ImportResponse(decoding: answer, in: arena) else {
      preconditionFailure("the writer's answer can't be read")
    }
    awaitsWriter = false
    appliedCount += 1
    counts.add(response)
    revision = response.revision
  }

  func refused(_ status: Status) throws(Status) {
    throw Status(
      status.code, status.message, reason: status.reason,
      metadata: status.metadata + [("applied", "\(appliedCount)")],
      retryDelayMilliseconds: status.retryDelayMilliseconds)
  }
}
