internal import EventLoop
internal import Fleet
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
@testable internal import Server
internal import Services
internal import TestSupport
internal import Testing
internal import Tokens

/// A writer on a thread of its own, over a ledger of its own: the test drives the member, and
/// another member.
final class WriterBench {
  let ledger: Ledger
  private let folder = TemporaryFolder()
  private let writer: Mailbox<WriterMessage>
  private let quota: CommandQuota
  private let fleet: Mailbox<FleetMessage>
  private let outcomes: Mailbox<Outcome>
  private let loop: EventLoop
  private var receivers: [Any] = []
  private var thread: JoinableThread?
  private var messages: [FleetMessage] = []
  private(set) var answers: [Int: Result<[UInt8], Status>] = [:]
  /// In the order of their coming.
  private(set) var answered: [Int] = []
  private var lastCommand = 0
  /// The log as the other member has it.
  let other: Ledger
  private let otherFolder = TemporaryFolder()
  private var otherIdentifiers = TokenIDGenerator()

  private enum Outcome: Sendable {
    case answer(Int, Result<WipedBytes, Status>)
    case alive
    case ended
  }

  /// The time of the ledgers, which is the clock's: it would not be believed else.
  static let timeNanoseconds = Clock.wallNanoseconds()

  /// `prepare` decides what both ledgers begin with.
  /// What time it is in the fleet.
  private(set) var time = FleetTime()

  init(
    limits: Limits = Limits(), mapSizeBytes: Int = 64 << 20,
    doubtNanoseconds: Int64 = 10_000_000_000,
    prepare: (inout Draft) -> Void = { _ in }
  ) throws {
    ledger = try Ledger(folder: folder.path, mapSizeBytes: mapSizeBytes, readers: 8)
    other = try Ledger(folder: otherFolder.path, mapSizeBytes: 64 << 20, readers: 8)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: Self.timeNanoseconds), identifiers: TokenIDGenerator())
    draft.beginCommand()
    prepare(&draft)
    _ = try draft.commit()
    try other.replay(ledger)
    loop = try EventLoop()
    (writer, fleet, outcomes) = (try Mailbox(), try Mailbox(), try Mailbox())
    quota = CommandQuota(maximumCount: ("commands", 100), maximumBytes: ("bytes", 1 << 20))
    receivers.append(
      try MailboxReceiver(fleet, on: loop) { [unowned self] in messages += $0 })
    receivers.append(
      try MailboxReceiver(outcomes, on: loop) { [unowned self] in $0.forEach(note) })
    // What waits is decided together, however busy the machine is.
    var limits = limits
    limits.fleetBatchNanoseconds = 60_000_000_000
    try start(limits, doubtNanoseconds: doubtNanoseconds)
  }

  private var isAlive = false
  private var hasEnded = false

  private func note(_ outcome: Outcome) {
    switch outcome {
    case .answer(let number, let result):
      #expect(answers[number] == nil, "answered twice")
      answers[number] = result.map { Array(copying: $0.span) }
      answered.append(number)
    case .alive: isAlive = true
    case .ended: hasEnded = true
    }
  }

  private func start(_ limits: Limits, doubtNanoseconds: Int64) throws {
    let ledger = ledger
    let log = try Log(level: .error, format: .text)
    let host = try HostFile.create(folder: ledger.folder, try ledger.hostRecord())
    let watched = try WatchedClock(
      of: ledger, HostKeeper(host, in: ledger.folder), log: log)
    let status = ServingStatus(
      version: "0", clock: watched.clock, workerCount: 1, processID: 1,
      metrics: ServerMetrics(workerCount: 1, methodCount: Method.allCases.count),
      ledgerBytes: { 0 })
    let context = DaemonContext(
      ledger: ledger,
      services: PosternServices(status: status, limits: limits.services, pageKey: ledger.pageKey),
      limits: limits, log: log)
    let routes = CommandRoutes(
      writer: writer, quota: quota,
      background: BackgroundQueue(mailbox: try Mailbox(), quota: quota), policyFile: try Mailbox())
    let link = FleetLink(
      mailbox: fleet, host: try #require(HostName("alpha".utf8)),
      doubtNanoseconds: doubtNanoseconds)
    time = link.time
    let (workers, outcomes) = ([try WorkerLink()], outcomes)
    thread = try JoinableThread(name: "writer") {
      do {
        try Writer(
          context, watched, routes: routes, workers: workers, fleet: link, on: EventLoop()
        ).run()
      } catch { Issue.record(error) }
      outcomes.post(.ended)
    }
  }

  /// Turns the loop until something is so, for some seconds at most.
  private func wait(
    _ what: Comment, _ location: SourceLocation, until isSo: () -> Bool
  ) throws {
    for _ in 0..<60_000 where !isSo() { try loop.turn(timeoutNanoseconds: 1_000_000) }
    try #require(isSo(), what, sourceLocation: location)
  }

  // What callers do.

  /// Sends a command; its number.
  @discardableResult
  func send(
    _ method: Method, _ payload: [UInt8], userID: UInt32 = 0, role: Role = .operator,
    bearer: String = "", deadlineNanoseconds: Int64? = nil, policyFile: PolicyReading? = nil
  ) throws -> Int {
    lastCommand += 1
    let (number, outcomes) = (lastCommand, outcomes)
    var command = Command(
      origin: .daemon { outcomes.post(.answer(number, $0)) }, method: method,
      peer: Peer(userID: userID, groupID: 0, processID: 1, role: role),
      credential: bearer.isEmpty
        ? .absent : HeldCredential(copying: Credential(token: bearer.utf8Span.span)),
      executable: [], payload: try method.check(payload.span, .requests),
      deadlineNanoseconds: deadlineNanoseconds)
    command.policyFile = policyFile
    let refusal = quota.admit(command)
    try #require(refusal == nil)
    writer.post(.command(command))
    return number
  }

  /// The answer to a command; waits for it.
  func answer(
    _ number: Int, _ location: SourceLocation = #_sourceLocation
  ) throws -> Result<[UInt8], Status> {
    try wait("no answer to command \(number)", location) { answers[number] != nil }
    return try #require(answers[number])
  }

  /// The reason of a refusal; "OK" for none.
  func reason(_ number: Int, _ location: SourceLocation = #_sourceLocation) throws -> String {
    switch try answer(number, location) {
    case .success: "OK"
    case .failure(let status): status.reason.isEmpty ? status.code.name : status.reason
    }
  }

  /// Returns once the writer has handled the messages before; it must not wait for the fleet.
  func settle(_ location: SourceLocation = #_sourceLocation) throws {
    isAlive = false
    let outcomes = outcomes
    writer.post(.probe { outcomes.post(.alive) })
    try wait("the writer gives no sign of life", location) { isAlive }
  }

  func post(_ message: WriterMessage) { writer.post(message) }

  /// Ends the writer; what it then proposes is refused.
  func end(_ location: SourceLocation = #_sourceLocation) throws {
    writer.post(.stop)
    try wait("the writer does not end", location) {
      if case .propose(let proposal)? = messages.first {
        messages.removeFirst()
        refuse(proposal, .notReady)
      }
      return hasEnded
    }
    thread?.join()
    thread = nil
  }

  /// Waits until so many uses of a token are written.
  func waitForUses(
    _ count: UInt64, of id: TokenID, _ location: SourceLocation = #_sourceLocation
  ) throws {
    var found: UInt64 = 0
    for _ in 0..<30_000 where found == 0 {
      try loop.turn(timeoutNanoseconds: 1_000_000)
      found = try uses(of: id)
    }
    #expect(found == count, sourceLocation: location)
  }

  private func uses(of id: TokenID) throws -> UInt64 {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: Self.timeNanoseconds))
    guard let token = snapshot.token(id) else { return 0 }
    return snapshot.usage(of: token)?.useCount ?? 0
  }

  // What the fleet does.

  /// The next message to the driver of the member.
  func next(_ location: SourceLocation = #_sourceLocation) throws -> FleetMessage {
    try wait("no message to the fleet", location) { !messages.isEmpty }
    return messages.removeFirst()
  }

  /// How many messages to the driver of the member wait here.
  var messageCount: Int { messages.count }

  /// The next message, which must be a proposal, at the end of the log.
  func proposal(_ location: SourceLocation = #_sourceLocation) throws -> Proposal {
    guard case .propose(let proposal) = try next(location) else {
      Issue.record("no proposal", sourceLocation: location)
      throw Status(.internalError, "no proposal")
    }
    #expect(proposal.after == other.newestHead.position, sourceLocation: location)
    return proposal
  }

  /// Lets a proposal stand: with its row, if it has one.
  func stand(_ proposal: Proposal, _ location: SourceLocation = #_sourceLocation) throws {
    guard let row = proposal.row else {
      return writer.post(.fleet(.decide(proposal.id, .stands)))
    }
    var application = RowApplication([row])
    #expect(
      application.step(on: other, nanoseconds: 1) == .ended(.applied(row.end)),
      sourceLocation: location)
    try apply([row], settling: proposal.id, location)
  }

  /// Lets another member's row be first.
  func supersede(_ proposal: Proposal, _ location: SourceLocation = #_sourceLocation) throws {
    try apply([try otherRow()], location)
    writer.post(.fleet(.decide(proposal.id, .superseded)))
  }

  /// Lets everything stand until a command is answered; how much there was.
  @discardableResult
  func standUntilAnswered(
    _ number: Int, _ location: SourceLocation = #_sourceLocation
  ) throws -> Int {
    var count = 0
    for _ in 0..<1000 where answers[number] == nil {
      if messages.isEmpty { try settle(location) }
      guard case .propose? = messages.first else { continue }
      try stand(try proposal(location), location)
      count += 1
    }
    _ = try answer(number, location)
    return count
  }

  /// Lets everything stand, until nothing is proposed for some time.
  func standWhileProposed(_ location: SourceLocation = #_sourceLocation) throws {
    for _ in 0..<200 {
      try loop.turn(timeoutNanoseconds: 2_000_000)
      while !messages.isEmpty { try stand(try proposal(location), location) }
    }
  }

  /// How many tokens there are.
  func tokenCount() throws -> Int {
    var snapshot = try ledger.makeSnapshot()
    try snapshot.refresh(at: LedgerTime(nanoseconds: Self.timeNanoseconds))
    return snapshot.rowCount(ledger.tables.tokens)
  }

  func refuse(_ proposal: Proposal, _ problem: FleetProblem) {
    writer.post(.fleet(.decide(proposal.id, .refused(problem))))
  }

  /// Refuses everything until a command is answered.
  func refuseUntilAnswered(
    _ number: Int, _ problem: FleetProblem, _ location: SourceLocation = #_sourceLocation
  ) throws {
    for _ in 0..<1000 where answers[number] == nil {
      if messages.isEmpty { try settle(location) }
      if case .propose? = messages.first { refuse(try proposal(location), problem) }
    }
  }

  func apply(
    _ rows: [LogRow], settling id: ProposalID? = nil,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    writer.post(.fleet(.apply(rows, settling: id)))
    guard case .applied(let position) = try next(location) else {
      Issue.record("the rows were not applied", sourceLocation: location)
      return
    }
    #expect(position == rows.last?.end, sourceLocation: location)
    #expect(ledger.newestHead.position == position, sourceLocation: location)
  }

  /// A row that the other member has appended: an organization, unless `decide` says else.
  func otherRow(_ decide: ((inout Draft) -> Void)? = nil) throws -> LogRow {
    var draft = try other.makeDraft(
      at: LedgerTime(nanoseconds: 0), identifiers: otherIdentifiers, host: HostName("beta".utf8))
    draft.beginCommand()
    let name = "other-\(draft.revision)"
    if let decide { decide(&draft) } else { Self.create(name, &draft) }
    let proposal = try draft.propose(isReport: false)
    otherIdentifiers = proposal.identifiers
    let row = try #require(proposal.row)
    var application = RowApplication([row])
    #expect(application.step(on: other, nanoseconds: 1) == .ended(.applied(row.end)))
    return row
  }

  static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)

  static func create(_ organization: String, _ draft: inout Draft) {
    draft.append(by: actor) { $0.makeOrganizationCreated().setOrganizationID(organization) }
  }

  static func invite(_ user: String, to organization: String, _ draft: inout Draft) {
    draft.append(by: actor) { entry in
      let invited = entry.makeUserInvited()
      invited.setOrganizationID(organization)
      invited.setUserID(user)
      invited.setAdministrator(user == "alice")
    }
  }
}

// What many stories begin with.
extension WriterBench {
  /// A bench whose ledger has the organization acme and in it alice.
  static func withAlice() throws -> WriterBench {
    try WriterBench { draft in
      create("acme", &draft)
      invite("alice", to: "acme", &draft)
    }
  }

  /// Issues a token to alice, which stands in the fleet at once; its secret.
  func issueToAlice() throws -> String {
    let issue = try issueToken("alice", of: "acme")
    try stand(try proposal())
    return try secret(issue)
  }
}

// Requests, encoded.
extension WriterBench {
  /// A field of text.
  static func text(_ field: UInt8, _ value: String) -> [UInt8] {
    [field << 3 | 2, UInt8(value.utf8.count)] + Array(value.utf8)
  }

  /// The field of every command that asks for the whole fleet.
  static let waitForFleet: [UInt8] = [17 << 3 & 0x7f | 0x80, 1, 2]

  /// Creates an organization; its number.
  @discardableResult
  func createOrganization(_ id: String, deadlineNanoseconds: Int64? = nil) throws -> Int {
    try send(
      .directoryServiceCreateOrganization, Self.text(1, id) + Self.text(3, "alice"),
      deadlineNanoseconds: deadlineNanoseconds)
  }

  /// Invites a user, by the operator's rights or a token's.
  func invite(_ user: String, to organization: String, bearer: String = "") throws -> Int {
    try send(
      .directoryServiceInviteUser, Self.text(1, organization) + Self.text(2, user),
      userID: bearer.isEmpty ? 0 : 1000, role: bearer.isEmpty ? .operator : .client,
      bearer: bearer)
  }

  /// Issues a token for a user; the command's number.
  func issueToken(_ user: String, of organization: String) throws -> Int {
    try send(.tokenServiceIssueToken, Self.text(1, organization) + Self.text(2, user))
  }

  /// Puts a resource; the command's number.
  func put(_ type: String, _ id: String, in organization: String) throws -> Int {
    try send(
      .directoryServicePutResource,
      Self.text(1, organization) + Self.text(2, type) + Self.text(3, id))
  }

  /// The secret in the answer to `issueToken`.
  func secret(_ number: Int) throws -> String {
    let arena = Arena(initialBytes: 4096)
    let bytes = try answer(number).get()
    let response = try PosternV1.IssueTokenResponse(decoding: bytes.span, in: arena)
    return String(decoding: Array(copying: response.secret), as: UTF8.self)
  }

  static func tokenID(of secret: String) -> TokenID? {
    TokenSecret.withParsed(secret.utf8Span.span) { $0.id }
  }
}
