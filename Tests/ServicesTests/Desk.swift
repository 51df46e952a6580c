internal import Ledger
internal import Messages
internal import Metrics
internal import Permissions
internal import Platform
internal import RPC
internal import Services
internal import TestSupport
internal import Testing
internal import Tokens

/// The services over a ledger of their own, without sockets, threads or a clock: the test is the
/// worker and the writer.
final class Desk {
  let ledger: Ledger
  private(set) var services: PosternServices
  /// The process that makes calls.
  var peer = Peer(userID: 0, groupID: 0, processID: 1, role: .operator)
  var bearer = ""
  /// Why no command may wait for the fleet; nil if it may.
  var waitRefusal: Status?
  /// How much of the ledger's file is used, as its status says.
  let ledgerBytes = Guarded(0)
  /// The monotonic clock.
  var nowNanoseconds: Int64 = 1
  private let folder = TemporaryFolder()
  private var identifiers = TokenIDGenerator()

  init(
    limits: ServiceLimits = ServiceLimits(), readers: Int = 16, fleet: FleetMembership? = nil
  ) throws {
    ledger = try Ledger(folder: folder.path, mapSizeBytes: 256 << 20, readers: readers)
    let used = ledgerBytes
    let status = ServingStatus(
      version: "0", clock: LedgerClock(ClockStart(nanoseconds: 1_000_000_000, bootNanoseconds: 0)),
      workerCount: 1, processID: 1,
      metrics: ServerMetrics(workerCount: 1, methodCount: Method.allCases.count),
      ledgerBytes: { used.withLock { $0 } }, fleet: fleet)
    services = PosternServices(status: status, limits: limits, pageKey: ledger.pageKey)
  }

  /// A snapshot of the newest revision.
  func snapshot() throws -> Snapshot {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: 1_000_000_000))
    return snapshot
  }

  var revision: UInt64 { get throws { try snapshot().revision } }

  /// What `bearer` gives.
  private var credential: HeldCredential {
    bearer.isEmpty ? .absent : HeldCredential(copying: Credential(token: bearer.utf8Span.span))
  }

  /// The steps of the last command.
  private(set) var stepCount = 0

  /// Lets the writer decide one command, in as many steps as it takes; the encoded answer. Others
  /// have their turn `meanwhile`, after each step but the last.
  @discardableResult
  func command(
    _ method: Method, _ payload: [UInt8], meanwhile: () throws -> Void = {}
  ) throws -> [UInt8] {
    var rest: Continuation?
    var steps = 0
    while true {
      let before = rest
      let answer = try decide(method, payload, &rest)
      steps += 1
      if before == nil, let rest { services.begin(rest) }
      guard rest != nil else {
        if let before { services.end(before) }
        stepCount = steps
        return answer
      }
      try meanwhile()
    }
  }

  /// Decides one step of a command, which leaves the rest.
  private func decide(
    _ method: Method, _ payload: [UInt8], _ rest: inout Continuation?
  ) throws -> [UInt8] {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1_000_000_000), identifiers: identifiers)
    draft.beginCommand()
    let step = CommandStep(from: rest, waitRefusal: waitRefusal)
    rest = nil
    let arena = Arena(initialBytes: 4096)
    var answer = ByteBuffer()
    let credential = credential
    let call = Call(peer: peer, credential: credential.borrowed)
    var refusal: Status?
    let before = draft.entryCount
    do throws(Status) {
      let checked = try method.check(payload.span, .requests)
      let end = try services.decideCommand(
        method, checked, for: call, at: step, in: &draft, arena: arena, into: &answer)
      rest = end.continuation
    } catch {
      #expect(draft.entryCount == before, "a command appended before it was refused")
      refusal = error
    }
    identifiers = try draft.commit()
    if let refusal { throw refusal }
    return Array(copying: answer.bytes)
  }

  /// Lets a worker answer a query.
  func query(_ method: Method, _ payload: [UInt8]) throws -> [UInt8] {
    let snapshot = try snapshot()
    let arena = Arena(initialBytes: 4096)
    var answer = ByteBuffer()
    let credential = credential
    let call = Call(peer: peer, credential: credential.borrowed)
    _ = try services.answerQuery(
      method, payload.span, for: call, from: snapshot, arena: arena, into: &answer)
    return Array(copying: answer.bytes)
  }

  /// Puts a policy file into force.
  func adopt(policy text: String) throws {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1_000_000_000), identifiers: identifiers)
    let candidate = try PolicyCandidate(file: Array(text.utf8))
    try services.adopt(candidate, by: Self.daemon, &draft)
    identifiers = try draft.commit()
    services.follow(try snapshot())
  }

  /// Lets the writer sweep at a time; how many tokens it has removed.
  func sweepTokens(atNanoseconds now: Int64) throws -> Int {
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: now), identifiers: identifiers)
    let count = services.sweepTokens(&draft, by: Self.daemon)
    identifiers = try draft.commit()
    return count
  }

  private static let daemon = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1, executable: [])

  func open(_ method: Method, _ payload: [UInt8] = []) throws -> any StreamingCall {
    let snapshot = try snapshot()
    let arena = Arena(initialBytes: 4096)
    let credential = credential
    let call = Call(peer: peer, credential: credential.borrowed)
    return try services.openStream(
      method, payload.span, for: call, from: snapshot, arena: arena)
  }

  /// Takes one step of a stream; its message.
  func step(_ call: any StreamingCall) throws -> (StreamStep, [UInt8]) {
    let snapshot = try snapshot()
    let arena = Arena(initialBytes: 4096)
    var output = ByteBuffer()
    let step = try services.takeStep(
      call, from: snapshot, nowNanoseconds: nowNanoseconds, arena: arena, into: &output)
    return (step, Array(copying: output.bytes))
  }

  /// Runs a stream to its end: the messages that it sends, or its one answer.
  func run(
    _ method: Method, _ call: any StreamingCall, sending messages: [[UInt8]] = []
  ) throws -> [[UInt8]] {
    var rest = messages[...]
    var hasEnded = false
    var received: [[UInt8]] = []
    while true {
      let (step, output) = try step(call)
      switch step {
      case .message: received.append(output)
      case .yield: continue
      case .command: try decide(method, output, for: call)
      case .wait:
        if let message = rest.popFirst() {
          try Self.give(message, to: call)
        } else {
          #expect(!hasEnded, "the stream waits for ever")
          hasEnded = true
          try call.requestsEnded()
        }
      case .finished: return method.descriptor.kind.streamsResponses ? received : [output]
      }
    }
  }

  private func decide(_ method: Method, _ step: [UInt8], for call: any StreamingCall) throws {
    do {
      try Self.answer(try command(method, step), to: call)
    } catch let status as Status {
      try call.refused(status)
    }
  }

  // Functions of their own: the compiler (6.3.1) crashes on the arenas in a loop.
  private static func answer(_ answer: [UInt8], to call: any StreamingCall) throws {
    let arena = Arena(initialBytes: 4096)
    try call.answered(answer.span, arena)
  }

  private static func give(_ message: [UInt8], to call: any StreamingCall) throws {
    let arena = Arena(initialBytes: 4096)
    #expect(call.takesMessages)
    try call.receive(message.span, arena)
  }

  /// The failure of a call that has to fail.
  static func refusal(_ body: () throws -> Void) -> Status? {
    do {
      try body()
      return nil
    } catch {
      return error as? Status
    }
  }
}

extension Status {
  /// The field that it names.
  var field: String? { metadata.first { $0.key == "field" }?.value }
}
