internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// A ledger without room: what gives is refused, what takes away goes on, and it recovers by
/// itself.
@Suite struct FullLedgerTests {
  /// What bounds the ledger.
  enum Bound: CaseIterable {
    /// `--max-ledger-bytes`.
    case map
    /// A limit on the size of files, as a quota is one.
    case fileSize
    /// A disk of its own, that a file beside the ledger fills.
    case disk
  }

  // A sanitizer can't live under a limit on files, nor on a small disk.
  @Test(.enabled(if: ProcessMemory.isMeaningful), arguments: Bound.allCases)
  func onlyTakesAway(_ bound: Bound) throws {
    let folder = TemporaryFolder()
    let disk = bound == .disk ? try SmallDisk(at: "\(folder.path)/data", megabytes: 48) : nil
    // Only root may mount one.
    if bound == .disk, disk == nil { return }
    let arguments =
      bound == .map ? ["--max-ledger-bytes", "6291456", "--token-retention", "3600"] : []
    var daemon = try Daemon(arguments, folder: folder)
    var client = try daemon.client()
    let town = try Town(client)
    if bound == .fileSize { try daemon.process.limitFiles(toBytes: 16 << 20) }
    disk?.fill(leaving: 512 << 10)
    let secrets = try fill(client)
    #expect(secrets.count > 100)

    let named =
      switch bound {
      case .map: "max-ledger-bytes"
      case .fileSize: "File too large"
      case .disk: "\(folder.path)/data"
      }
    for (name, give) in town.gives {
      let refusal = failure { () throws(ClientError) in try give(client) }
      #expect(refusal?.statusName == "UNAVAILABLE", "\(name)")
      #expect(refusal?.reasonName == "LEDGER_FULL", "\(name)")
      #expect("\(refusal.map { "\($0)" } ?? "")".contains(named), "\(name): \(refusal as Any)")
    }
    let grpc = try GRPCPeer(daemon)
    let issue = WireCall(
      method: "IssueToken", payload: Encoding.field(1, "acme") + Encoding.field(2, "alice"))
    let refused = try grpc.call(issue, stream: 1)
    #expect(
      refused.code == Int32(StatusCode.unavailable.rawValue) && refused.reason == "LEDGER_FULL")
    let revoke = WireCall(method: "RevokeToken", payload: Encoding.field(1, secrets[0]))
    #expect(try grpc.call(revoke, stream: 3).code == Int32(StatusCode.ok.rawValue))
    #expect(try !client.isActive(secrets[0]))

    if bound != .fileSize {
      // A start needs no room, neither for the locks nor for the ledger.
      #expect(try daemon.crash() == .signaled(SIGKILL))
      daemon = try Daemon(arguments, folder: folder)
      client = try daemon.client()
    }
    for (name, take) in town.takes {
      let refusal = failure { () throws(ClientError) in try take(client) }
      #expect(refusal == nil, "\(name): \(refusal as Any)")
    }
    for secret in secrets.dropFirst() { try client.revoke(secret: secret) }
    for secret in secrets { #expect(try !client.isActive(secret)) }
    #expect(try client.verify().isIntact)
    let refusal = failure { () throws(ClientError) in
      _ = try client.issueToken(for: "alice", of: "acme")
    }
    #expect(refusal?.reasonName == "LEDGER_FULL")

    switch bound {
    case .map: return
    case .fileSize: try daemon.process.limitFiles(toBytes: 1 << 30)
    case .disk: disk?.empty()
    }
    var later: ClientError?
    for _ in 0..<1000 {
      later = failure { () throws(ClientError) in
        _ = try client.issueToken(for: "alice", of: "acme")
      }
      if later == nil { break }
      poll(nil, 0, 10)
    }
    #expect(later == nil)
    #expect(try daemon.stop() == .exited(0))
    let lines = daemon.process.wholeOutput().split(separator: "\n")
    #expect(lines.filter { $0.contains("the ledger is full:") }.count == 1)
    #expect(lines.filter { $0.contains("the ledger has room again") }.count == 1)
  }

  /// A ledger that was full and was swept takes changes again, though its file does not shrink.
  @Test func countsFreePages() throws {
    let arguments = ["--max-ledger-bytes", "4194304", "--token-retention", "1"]
    let daemon = try Daemon(arguments)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try fill(client)
    for secret in secrets { try client.revoke(secret: secret) }
    try waitForRoom(client)
  }

  /// Nothing has to be written for that: tokens end by their time while no change is accepted.
  @Test func sweepsWhileItIsFull() throws {
    let daemon = try Daemon(["--max-ledger-bytes", "4194304", "--token-retention", "1"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let arena = Arena(initialBytes: 4096)
    let request = PosternV1.IssueTokenRequest.Builder(in: arena)
    request.setOrganizationID("acme")
    request.setUserID("alice")
    request.setDescription(String(repeating: "d", count: 1000))
    request.makeLifetime().set(5, 0)
    var buffer = ByteBuffer()
    request.encode(into: &buffer)
    let secrets = try client.issueUntilRefused([UInt8](buffer.bytes), count: 200, rounds: 100)
    #expect(secrets.count > 100)
    try waitForRoom(client)
  }

  /// No check and no backup holds an old view of a full ledger: freed pages are for revokes.
  @Test func hasNoLongReaders() throws {
    let daemon = try Daemon([
      "--max-ledger-bytes", "4194304", "--check-interval", "1", "--token-retention", "3600",
    ])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try fill(client)
    let said = "the ledger is not checked while it is full"
    try wait(for: "the log's line") { daemon.process.wholeOutput().contains(said) }
    let path = "\(daemon.folder.path)/copy"
    let refusal = failure { () throws(ClientError) in _ = try client.backup { $0.setPath(path) } }
    #expect(refusal?.reasonName == "LEDGER_FULL")
    #expect(unsafe access(path, F_OK) == -1 && access(path + ".partial", F_OK) == -1)
    for secret in secrets { try client.revoke(secret: secret) }
    #expect(try daemon.stop() == .exited(0))
    #expect(daemon.process.wholeOutput().components(separatedBy: said).count == 2)
  }

  /// A process that reads the whole ledger lets go of it, since its view keeps the last pages from
  /// being used again. The refusal, the status and the log name one that does not.
  @Test func namesAReaderInItsWay() throws {
    let daemon = try Daemon(["--max-ledger-bytes", "4194304", "--token-retention", "3600"])
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try fill(client)
    let data = "\(daemon.folder.path)/data"
    let verify = try ChildProcess(Daemon.program("postern"), ["verify", "--data", data])
    #expect(try verify.wait() == .exited(3))
    #expect(verify.says("its last pages are for revokes"))
    var rest = secrets[...]
    do {
      let log = try StoredLog(folder: data)
      var refusal: ClientError?
      while refusal == nil, let secret = rest.first {
        refusal = failure { () throws(ClientError) in try client.revoke(secret: secret) }
        if refusal == nil { rest.removeFirst() }
      }
      #expect(refusal?.reasonName == "LEDGER_FULL")
      let words = refusal.map { "\($0)" } ?? ""
      #expect(words.contains("process \(getpid()) reads an old state of it"), "\(words)")
      #expect(log.lastHash != nil)
    }
    for secret in rest { try client.revoke(secret: secret) }
    let status = try client.getStatus { _ in }
    let problem = String(status.message.ledgerProblem)
    #expect(!problem.contains("reads an old state"), "\(problem)")
  }

  /// A full ledger is served, also where another policy was to come into force with the start.
  @Test func startsWithAnotherPolicy() throws {
    let arguments = ["--max-ledger-bytes", "4194304", "--token-retention", "3600"]
    let first = try Daemon(arguments)
    let folder = first.folder
    let client = try first.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try fill(client)
    #expect(try first.stop() == .exited(0))
    let policy = folder.write("policy.json5", "{ roles: [\"billing\"] }")
    var daemon = try Daemon(arguments + ["--policy", policy], folder: folder)
    let said = "the ledger was full at the start"
    #expect(daemon.process.says("the policy of this host is not in force"))
    let full = try daemon.client()
    let status = try full.getStatus { _ in }
    #expect(String(status.message.policyFileProblem).contains(said))
    #expect(try full.isActive(secrets[1]))
    try full.revoke(secret: secrets[0])
    #expect(try !full.isActive(secrets[0]))
    #expect(try daemon.stop() == .exited(0))
    // With room it comes into force.
    daemon = try Daemon(
      ["--max-ledger-bytes", "16777216", "--policy", policy], folder: folder)
    let later = try daemon.client().getStatus { _ in }
    let problem = String(later.message.policyFileProblem)
    #expect(problem.isEmpty)
  }

  private func waitForRoom(_ client: PosternClient) throws {
    try wait(for: "room") {
      failure { () throws(ClientError) in
        _ = try client.issueToken(for: "alice", of: "acme")
      } == nil
    }
  }

  /// Issues tokens until there is no room; their secrets.
  private func fill(_ client: PosternClient) throws -> [String] {
    let request = PosternClient.issueRequest(description: String(repeating: "d", count: 1000))
    var secrets = try client.issueUntilRefused(request, count: 200, rounds: 100)
    // What is small may still have found room.
    var refusals = 0
    while refusals < 5 {
      do throws(ClientError) {
        secrets.append(try client.issueToken(for: "alice", of: "acme").secret)
        refusals = 0
      } catch {
        refusals += 1
      }
    }
    return secrets
  }
}

/// What can be given and taken away once the ledger is full.
private struct Town {
  typealias Change = (PosternClient) throws(ClientError) -> Void

  let gives: [(String, Change)]
  let takes: [(String, Change)]

  init(_ client: PosternClient) throws {
    try client.createOrganization("acme", administrator: "alice")
    try client.createOrganization("globex", administrator: "gina")
    for user in ["bob", "carol", "dan"] { try client.invite(user, to: "acme") }
    try client.setAdministrator("bob", of: "acme", true)
    try client.createTeam("ops", of: "acme", members: ["carol"])
    try client.putResource("dashboard", "one", of: "acme")
    try client.setWriter("carol", "dashboard", "one", of: "acme")
    let collector = try client.issueOrgToken(named: "collector", of: "acme", [.ingest, .api])
    let rotated = try client.issueOrgToken(named: "rotated", of: "acme", [.api])
    _ = try client.rotate(rotated.id, graceSeconds: 3600)
    let off = try client.issueOrgToken(named: "off", of: "acme", [.api])
    try client.updateOrgToken(off.id, ["disabled"]) { $0.setDisabled(true) }
    let carols = try client.issueToken(for: "carol", of: "acme")
    _ = try client.issueToken(for: "dan", of: "acme")
    gives = [
      ("issue", { c throws(ClientError) in _ = try c.issueToken(for: "bob", of: "acme") }),
      (
        "organization",
        { c throws(ClientError) in
          try c.createOrganization("new", administrator: "x")
        }
      ),
      ("invite", { c throws(ClientError) in try c.invite("eve", to: "acme") }),
      ("promote", { c throws(ClientError) in try c.setAdministrator("carol", of: "acme", true) }),
      ("team", { c throws(ClientError) in try c.createTeam("web", of: "acme") }),
      ("member", { c throws(ClientError) in try c.addMember("dan", to: "ops", of: "acme") }),
      ("resource", { c throws(ClientError) in try c.putResource("dashboard", "two", of: "acme") }),
      (
        "writer",
        { c throws(ClientError) in
          try c.setWriter("dan", "dashboard", "one", of: "acme")
        }
      ),
      ("rotate", { c throws(ClientError) in _ = try c.rotate(collector.id) }),
      (
        "enable",
        { c throws(ClientError) in
          try c.updateOrgToken(off.id, ["disabled"]) { $0.setDisabled(false) }
        }
      ),
      (
        "sooner end",
        { c throws(ClientError) in
          try c.updateOrgToken(collector.id, ["expires_at"]) {
            $0.makeExpiresAt().setSeconds(1 << 33)
          }
        }
      ),
      (
        "rename",
        { c throws(ClientError) in
          try c.updateOrgToken(off.id, ["name"]) { $0.setName("other") }
        }
      ),
    ]
    takes = [
      (
        "disable",
        { c throws(ClientError) in
          try c.updateOrgToken(collector.id, ["disabled"]) { $0.setDisabled(true) }
        }
      ),
      (
        "fewer scopes",
        { c throws(ClientError) in
          try c.updateOrgToken(collector.id, ["scopes"]) { $0.addScopes(.api) }
        }
      ),
      (
        "end of grace",
        { c throws(ClientError) in
          try c.updateOrgToken(rotated.id, ["previous_secret_expires_at"])
        }
      ),
      ("revoke by id", { c throws(ClientError) in try c.revoke(id: carols.id) }),
      (
        "revoke all of a user",
        { c throws(ClientError) in
          try c.revokeTokens(of: "dan")
        }
      ),
      ("demote", { c throws(ClientError) in try c.setAdministrator("bob", of: "acme", false) }),
      (
        "writer",
        { c throws(ClientError) in
          try c.removeWriter("carol", "dashboard", "one", of: "acme")
        }
      ),
      ("member", { c throws(ClientError) in try c.removeMember("carol", to: "ops") }),
      (
        "resource",
        { c throws(ClientError) in
          _ = try c.deleteResource {
            $0.setOrganizationID("acme")
            $0.setResourceType("dashboard")
            $0.setResourceID("one")
          }
        }
      ),
      (
        "team",
        { c throws(ClientError) in
          _ = try c.deleteTeam {
            $0.setOrganizationID("acme")
            $0.setTeamID("ops")
          }
        }
      ),
      ("user", { c throws(ClientError) in try c.deleteUser("carol", of: "acme") }),
      (
        "organization",
        { c throws(ClientError) in
          try c.deleteOrganization("globex")
        }
      ),
    ]
  }
}

extension PosternClient {
  fileprivate func removeMember(_ user: String, to team: String) throws(ClientError) {
    try removeMember(user, from: team, of: "acme")
  }

  fileprivate func revokeTokens(of user: String) throws(ClientError) {
    try revokeTokens {
      $0.setOrganizationID("acme")
      $0.setUserID(user)
    } each: { _ throws(ClientError) in
      true
    }
  }

  fileprivate func deleteOrganization(_ id: String) throws(ClientError) {
    _ = try deleteOrganization { $0.setOrganizationID(id) }
  }
}
