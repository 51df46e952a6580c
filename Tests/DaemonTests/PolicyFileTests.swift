internal import Glibc
internal import Messages
internal import Permissions
internal import Platform
internal import PosternClient
internal import TestSupport
internal import Testing

/// Policy files in force: what they decide, and how one replaces another.
@Suite struct PolicyFileTests {
  private let folder = TemporaryFolder()

  private static let reports = """
    {
      resource_types: { report: { writers: true } },
      roles: ["billing"],
      actions: {
        "report.create": { any: ["member"] }, "report.update": { any: ["writer"] },
        "report.delete": { any: ["creator"] }, "report.set_writer": { any: ["writer"] },
        "report.remove_writer": { any: ["administrator", "writer", "self"] },
        "report.export": { any: ["team:ops", { all: ["role:billing", "creator"] }] },
        "report.read": { any: [{ all: ["scope:api", "scope:rum"] }, "role:read_only"] },
      },
      organizations: { other: { actions: { "report.create": { any: ["administrator"] } } } },
    }
    """

  /// The actions that it adds.
  private static let reportActions = Set(
    reports.matches(of: /"report\.[a-z_]+": {/).map(\.output)
  ).count

  private func daemon(_ policy: String) throws -> Daemon {
    try Daemon(["--policy", folder.write("policy.json5", policy)], folder: folder)
  }

  private func set(
    _ roles: [String], of user: String, _ client: PosternClient
  ) throws(ClientError) {
    _ = try client.setUserRoles {
      $0.setOrganizationID("acme")
      $0.setUserID(user)
      for role in roles { $0.addRoles(role) }
    }
  }

  @Test func theStatusTellsOfAFileThatIsNotInForce() throws {
    let daemon = try daemon(Self.reports)
    let client = try daemon.client()
    func problem() throws -> String {
      let reply = try client.getStatus { _ in }
      return String(reply.message.policyFileProblem)
    }
    func isBroken() throws -> Bool {
      try StreamTests.metrics(daemon).contains("postern_policy_file_broken 1\n")
    }
    #expect(try problem() == "")
    #expect(try !isBroken())
    let file = folder.write("policy.json5", "{ nonsense: 1 }")
    daemon.process.signal(SIGHUP)
    try wait(for: "a problem") { try problem().contains("nonsense") }
    #expect(try isBroken())
    #expect(unsafe unlink(file) == 0)
    daemon.process.signal(SIGHUP)
    try wait(for: "another problem") { try !problem().contains("nonsense") }
    #expect(try problem().contains("can't be read"))
    folder.write("policy.json5", Self.reports)
    _ = try client.reloadPolicy { $0.setValidateOnly(true) }
    #expect(try problem().contains("can't be read"), "checking it puts nothing into force")
    _ = try client.reloadPolicy { _ in }
    #expect(try problem() == "")
    #expect(try !isBroken())
  }

  /// The status says without a reload that the daemon could not start again with the file.
  @Test func theStatusTellsOfAFileThatHasChangedOrGone() throws {
    let daemon = try daemon(Self.reports)
    let client = try daemon.client()
    func problem() throws -> String {
      let reply = try client.getStatus { _ in }
      return String(reply.message.policyFileProblem)
    }
    let file = folder.write("policy.json5", "{}")
    try wait(for: "a change") { try problem().contains("has changed") }
    #expect(unsafe unlink(file) == 0)
    try wait(for: "its end") { try problem().contains("No such file") }
    folder.write("policy.json5", Self.reports)
    try wait(for: "what is in force") { try problem().isEmpty }
  }

  @Test func decidesByRolesCreatorsTeamsAndScopes() throws {
    let daemon = try daemon(Self.reports)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.createOrganization("other", administrator: "olga")
    for user in ["bob", "carol"] { try client.invite(user, to: "acme") }
    try client.createTeam("ops", of: "acme", members: ["carol"])
    try client.invite("otto", to: "other")
    let bob = try client.issueToken(for: "bob", of: "acme").secret
    try daemon.client(bearer: bob).putResource("report", "q1", of: "acme")

    func answer(_ user: String, _ action: String) throws -> String {
      let answer = try client.check(user: ("acme", user), "report.\(action)", id: "q1")
      return "\(answer.isAllowed) \(answer.rule)"
    }
    #expect(try answer("bob", "delete") == "true creator")
    #expect(try answer("alice", "delete") == "false creator")
    #expect(try answer("carol", "export") == "true team:ops")
    #expect(try answer("bob", "export") == "false team:ops, creator and role:billing")
    try set(["read_only", "billing"], of: "bob", client)
    #expect(try answer("bob", "export") == "true creator and role:billing")
    #expect(try answer("bob", "read") == "true role:read_only")
    try set(["billing"], of: "carol", client)
    #expect(try answer("carol", "read") == "false role:read_only")

    let both = try client.issueOrgToken(named: "both", of: "acme", [.api, .rum]).secret
    let api = try client.issueOrgToken(named: "api", of: "acme", [.api]).secret
    #expect(try client.check(token: both, "report.read").rule == "scope:api and scope:rum")
    #expect(try client.check(token: both, "report.read").isAllowed)
    #expect(try client.check(token: api, "report.read").isAllowed == false)
    #expect(try client.check(token: both, "report.update").reason == .neverAllowed)

    let otto = try client.check(user: ("other", "otto"), "report.create")
    #expect(otto == CheckAnswer(isAllowed: false, rule: "administrator", reason: .noRelation))
    #expect(try client.check(user: ("acme", "carol"), "report.create").isAllowed)
  }

  /// A user that is invited again under an id has no roles, and has created nothing.
  @Test func namesakesInheritNothing() throws {
    let daemon = try daemon(Self.reports)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.invite("bob", to: "acme")
    let bob = try client.issueToken(for: "bob", of: "acme").secret
    try daemon.client(bearer: bob).putResource("report", "q1", of: "acme")
    try set(["billing"], of: "bob", client)
    #expect(try client.check(user: ("acme", "bob"), "report.export", id: "q1").isAllowed)
    try client.deleteUser("bob", of: "acme")
    try client.invite("bob", to: "acme")
    #expect(try client.check(user: ("acme", "bob"), "report.export", id: "q1").isAllowed == false)
    #expect(try client.check(user: ("acme", "bob"), "report.delete", id: "q1").isAllowed == false)
    try set(["billing"], of: "bob", client)
    #expect(try client.check(user: ("acme", "bob"), "report.export", id: "q1").isAllowed == false)
  }

  @Test func refusesRoles() throws {
    let daemon = try daemon(Self.reports)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.invite("bob", to: "acme")
    for roles in [["root"], ["administrator"], ["power", "power"], [""]] {
      let refusal = failure { () throws(ClientError) in try set(roles, of: "bob", client) }
      #expect(refusal?.statusName == "INVALID_ARGUMENT" && refusal?.field == "roles")
    }
    let unknown = failure { () throws(ClientError) in try set([], of: "carol", client) }
    #expect(unknown?.statusName == "NOT_FOUND")
    let bob = try daemon.client(bearer: client.issueToken(for: "bob", of: "acme").secret)
    let denied = failure { () throws(ClientError) in try set(["power"], of: "bob", bob) }
    #expect(denied?.statusName == "PERMISSION_DENIED")
    try set(["usage", "power"], of: "bob", client)
    let revision = try client.revision()
    try set(["power", "usage"], of: "bob", client)
    #expect(try client.revision() == revision, "the same roles are no change")
    let user = try client.getUser {
      $0.setOrganizationID("acme")
      $0.setUserID("bob")
    }
    var roles: [String] = []
    if let found = user.message.user {
      for index in 0..<found.rolesCount { roles.append(String(found.roles(at: index))) }
    }
    #expect(roles == ["power", "usage"])
  }

  @Test func aBrokenFileKeepsItFromStarting() throws {
    let path = folder.write("policy.json5", "{\n  rolls: [],\n  roles: ['power'],\n}")
    let process = try Daemon.start(["--policy", path], in: folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says("\(path):2:3: unknown key `rolls`"))
    #expect(process.says("\(path):3:11: the role `power` is built in"))
    let missing = try Daemon.start(["--policy", "\(folder.path)/nothing"], in: folder)
    #expect(try missing.wait() == .exited(1))
    #expect(missing.says("\(folder.path)/nothing"))
  }

  @Test func reloads() throws {
    let daemon = try daemon("{}")
    let client = try daemon.client()
    #expect(try client.revision() == 1, "the file is in the log")
    try client.createOrganization("acme", administrator: "alice")
    func reload(isDryRun: Bool = false) throws(ClientError) -> String {
      let reply = try client.reloadPolicy { $0.setValidateOnly(isDryRun) }
      let message = reply.message
      return "\(message.revision) \(message.actionCount) \(message.policyHash.count)"
    }
    let builtIn = Policy.builtIn.actionCount
    #expect(try reload() == "3 \(builtIn) 32", "nothing has changed")
    folder.write("policy.json5", Self.reports)
    #expect(try reload(isDryRun: true) == "3 \(builtIn + Self.reportActions) 32")
    let before = failure { () throws(ClientError) in
      _ = try client.check(user: ("acme", "alice"), "report.create")
    }
    #expect(before?.statusName == "INVALID_ARGUMENT")
    #expect(try reload() == "4 \(builtIn + Self.reportActions) 32")
    #expect(try client.check(user: ("acme", "alice"), "report.create").isAllowed)

    folder.write("policy.json5", "{\n actions: []}")
    let broken = failure { () throws(ClientError) in _ = try reload() }
    guard case .status(_, "INVALID_ARGUMENT", let message, let reason, let metadata) = broken else {
      Issue.record("\(String(describing: broken))")
      return
    }
    #expect(message.contains("line 2, column 11: `actions` must be an object, not a list"))
    #expect(reason == "POLICY_FILE_BROKEN" && metadata["line"] == "2" && metadata["column"] == "11")
    #expect(try client.check(user: ("acme", "alice"), "report.create").isAllowed)

    try client.putResource("report", "q1", of: "acme")
    folder.write("policy.json5", "{}")
    let used = failure { () throws(ClientError) in _ = try reload() }
    #expect(used?.statusName == "FAILED_PRECONDITION")
    #expect(try client.check(user: ("acme", "alice"), "report.create").isAllowed)

    let alice = try client.issueToken(for: "alice", of: "acme").secret
    let denied = failure { () throws(ClientError) in
      _ = try daemon.client(bearer: alice).reloadPolicy { _ in }
    }
    #expect(denied?.statusName == "PERMISSION_DENIED")
  }

  @Test func startsWithTheFileAndWithoutIt() throws {
    func start(_ arguments: [String]) throws -> (Ending, String) {
      let process = try Daemon.start(arguments, in: folder)
      try process.waitForOutput("\n")
      process.signal(SIGTERM)
      let ending = try process.wait()
      let revision = process.wholeOutput().split(separator: "revision=").dropFirst().first ?? ""
      return (ending, String(revision.prefix { $0.isNumber }))
    }
    let path = folder.write("policy.json5", Self.reports)
    #expect(try start([]) == (.exited(0), "0"))
    #expect(try start(["--policy", path]) == (.exited(0), "1"))
    #expect(try start(["--policy", path]) == (.exited(0), "1"), "it is in force already")
    #expect(try start([]) == (.exited(0), "2"), "the built-in policy again")
    #expect(try start([]) == (.exited(0), "2"))
    #expect(try start(["--policy", path]) == (.exited(0), "3"))
    let daemon = try Daemon(["--policy", path], folder: folder)
    try daemon.client().createOrganization("acme", administrator: "alice")
    try daemon.client().putResource("report", "q1", of: "acme")
    let noFile = try daemon.stop()
    #expect(noFile == .exited(0))
    let refused = try Daemon.start([], in: folder)
    #expect(try refused.wait() == .exited(1))
    #expect(refused.says("resources of the type `report`"))
  }

  @Test func reloadsOnASignal() throws {
    let path = folder.write("policy.json5", "{}")
    let inbox = try NotifyInbox("\(folder.path)/notify")
    let daemon = try SupervisedDaemon.start(
      in: folder, environment: ["NOTIFY_SOCKET": inbox.address], arguments: ["--policy", path])
    let ready = try inbox.next()
    let client = try PosternClient(socketPath: "\(folder.path)/socket")
    try client.createOrganization("acme", administrator: "alice")
    folder.write("policy.json5", Self.reports)
    daemon.signal(SIGHUP)
    let reloading = try inbox.next()
    #expect(reloading.first == "RELOADING=1")
    #expect(reloading.last?.hasPrefix("MONOTONIC_USEC=") == true)
    #expect(try inbox.next() == ready)
    #expect(try client.check(user: ("acme", "alice"), "report.create").isAllowed)
    folder.write("policy.json5", "{")
    daemon.signal(SIGHUP)
    #expect(try inbox.next().first == "RELOADING=1")
    #expect(try inbox.next() == ready)
    try daemon.waitForOutput("line 1, column 2: expected a key or `}`")
    #expect(try client.check(user: ("acme", "alice"), "report.create").isAllowed, "the old stays")
    daemon.signal(SIGTERM)
    #expect(try daemon.wait() == .exited(0))
  }

  @Test func withoutAFileThereIsNothingToReload() throws {
    let daemon = try Daemon(folder: folder)
    daemon.process.signal(SIGHUP)
    let client = try daemon.client()
    let refusal = failure { () throws(ClientError) in _ = try client.reloadPolicy { _ in } }
    #expect(refusal?.statusName == "FAILED_PRECONDITION")
    #expect(try client.revision() == 0)
    #expect(try daemon.stop() == .exited(0))
  }

  /// Two policies take turns under load, while users are invited: every answer follows the policy
  /// that was in force at its revision.
  @Test func everyAnswerIsByThePolicyOfItsRevision() throws {
    let policies = [true, false].map { isOpen in
      "{ actions: { 'team.create': { any: ['\(isOpen ? "member" : "administrator")'] } } }"
    }
    let daemon = try daemon(policies[0])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    try client.invite("bob", to: "acme")
    let answers = Guarded<[(revision: UInt64, isAllowed: Bool)]>([])
    let isOver = Guarded(false)
    let failures = Guarded<[String]>([])
    let socket = daemon.socketPath
    var threads: [RunningThread] = []
    for index in 0..<4 {
      threads.append(
        try RunningThread("asker-\(index)") {
          do throws(ClientError) {
            let client = try PosternClient(socketPath: socket)
            while !isOver.withLock({ $0 }) {
              let reply = try client.check {
                $0.setAction("team.create")
                $0.makeUser().set("acme", "bob")
              }
              let (revision, isAllowed) = (reply.message.revision, reply.message.allowed)
              answers.withLock { $0.append((revision, isAllowed)) }
            }
          } catch {
            let text = "\(error)"
            failures.withLock { $0.append(text) }
          }
        })
    }
    // The revision from which on each was in force.
    var turns: [(revision: UInt64, isOpen: Bool)] = [(0, true)]
    for turn in 1...60 {
      folder.write("policy.json5", policies[turn % 2])
      let reply = try client.reloadPolicy { _ in }
      turns.append((reply.message.revision, turn % 2 == 0))
      if turn % 3 == 0 { try client.invite("user-\(turn)", to: "acme") }
    }
    isOver.withLock { $0 = true }
    for thread in threads { thread.join() }
    #expect(failures.withLock { $0 } == [])
    let seen = answers.withLock { $0 }
    var wrong = 0
    for answer in seen {
      let turn = turns.last { $0.revision <= answer.revision }
      if turn?.isOpen != answer.isAllowed { wrong += 1 }
    }
    #expect(wrong == 0, "of \(seen.count)")
    #expect(Set(seen.map(\.isAllowed)).count == 2, "both were asked")
  }

  /// A file on a network that hangs.
  @Test func aFileThatHangsHoldsUpReloadsOnly() throws {
    let daemon = try Daemon(
      ["--policy", folder.write("policy.json5", Self.reports)], folder: folder,
      environment: ["POSTERN_FAILPOINT": "hang-policy:2"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let waiting = try daemon.client()
    waiting.timeout = .milliseconds(500)
    let refusal = failure { () throws(ClientError) in try waiting.reloadPolicy { _ in } }
    #expect(refusal?.statusName == "DEADLINE_EXCEEDED")
    try client.invite("bob", to: "acme")
    _ = try client.backup { $0.setPath("\(folder.path)/backup") }
    #expect(unsafe access("\(folder.path)/backup", F_OK) == 0)
    #expect(try daemon.stop() == .exited(0))
  }

  @Test func aPipeIsRefusedAtOnceAndKeepsThePolicy() throws {
    let daemon = try daemon(Self.reports)
    let client = try daemon.client()
    let file = "\(folder.path)/policy.json5"
    #expect(unsafe unlink(file) == 0)
    #expect(unsafe mkfifo(file, 0o600) == 0)
    let refusal = failure { () throws(ClientError) in try client.reloadPolicy { _ in } }
    #expect(refusal?.statusName == "FAILED_PRECONDITION", "\(String(describing: refusal))")
    #expect("\(String(describing: refusal))".contains("it is a pipe, not a regular file"))
    try client.createOrganization("acme", administrator: "alice")
    let status = try client.getStatus { _ in }
    #expect(String(status.message.policyFileProblem).contains("it is a pipe"))
  }
}

/// A thread in a list, which holds nothing that can't be copied.
private final class RunningThread {
  private var thread: NativeThread?

  init(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
    thread = try NativeThread(name: name, body)
  }

  func join() { thread.take()?.join() }
}
