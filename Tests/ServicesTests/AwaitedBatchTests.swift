internal import Ledger
internal import Messages
internal import RPC
internal import Services
internal import Testing
internal import Tokens

/// A long batch that names a revision which another host of the fleet has.
@Suite struct AwaitedBatchTests {
  /// A worker on which every item of a batch takes a step of its own.
  private struct Worker: ~Copyable {
    private let services: PosternServices
    private let uses = TokenUses(maximumKeys: 16)
    private var snapshot: Snapshot
    private let arena = Arena(initialBytes: 4096)
    private var output = ByteBuffer()

    init(_ desk: Desk) throws {
      services = desk.services
      snapshot = try desk.ledger.makeSnapshot(uses: uses)
    }

    private mutating func refresh() throws {
      try snapshot.refresh(at: LedgerTime(nanoseconds: 1_000_000_000))
      snapshot.step = StepBudget(endNanoseconds: 0)
      output.removeAll()
    }

    /// Makes a call that has to wait for a revision.
    mutating func ask(_ method: Method, _ payload: [UInt8]) throws -> (any StreamingCall)? {
      try refresh()
      let call = Call(
        peer: Peer(userID: 0, groupID: 0, processID: 1, role: .operator), credential: .absent)
      uses.begin(method: method.rawValue, userID: 0)
      do throws(Status) {
        _ = try services.answerQuery(
          method, payload.span, for: call, from: snapshot, arena: arena, into: &output)
        return nil
      } catch {
        return services.awaitRevision(
          method, payload.span, for: call, refusedBy: error, in: snapshot)
      }
    }

    /// Takes a step. Returns whether it was the last.
    mutating func step(_ call: any StreamingCall) throws -> Bool {
      try refresh()
      let step = try services.takeStep(
        call, from: snapshot, nowNanoseconds: 0, arena: arena, into: &output)
      if case .finished = step { return true } else { return false }
    }

    /// How often each token was used.
    func counts() -> [String: UInt64] {
      guard let batch = uses.take() else { return [:] }
      var order = UsageOrder(batch)
      let counts = order.takeNext(.max).map { ("\($0.tokenID)", $0.callCount) }
      return Dictionary(counts, uniquingKeysWith: +)
    }
  }

  @Test func countsOneUseOfEachToken() throws {
    let desk = try Desk(fleet: .alone(until: .never) {})
    try desk.send(
      .directoryServiceCreateOrganization,
      #"{"organization_id":"acme","administrator_user_id":"alice"}"#)
    let tokens = try (0..<3).map { _ in
      try desk.issue(#"{"organization_id":"acme","user_id":"alice"}"#)
    }
    let items = tokens.map { #"{"action":"dashboard.create","token_secret":"\#($0.0)"}"# }
    let revision = try desk.revision + 1
    let batch = try Desk.encoded(
      PosternV1.BatchCheckRequest.self,
      #"{"at_least_revision":\#(revision),"items":[\#(items.joined(separator: ","))]}"#)

    var worker = try Worker(desk)
    let asked = try worker.ask(.permissionServiceBatchCheck, batch)
    let call = try #require(asked)
    try desk.send(.directoryServiceInviteUser, #"{"organization_id":"acme","user_id":"bob"}"#)
    var steps = 1
    while try !worker.step(call) { steps += 1 }
    #expect(steps == tokens.count)
    #expect(worker.counts() == Dictionary(uniqueKeysWithValues: tokens.map { ($0.1, 1) }))
  }
}
