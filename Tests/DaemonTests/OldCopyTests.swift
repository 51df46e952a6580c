internal import Foundation
internal import Glibc
internal import Messages
internal import PosternClient
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// Older copies of the ledger in place of the one that the host knows.
@Suite struct OldCopyTests {
  private typealias State = (epoch: UInt64, revision: UInt64)

  /// A stopped daemon in whose folder an older copy was put: without the last revoke.
  private struct Story {
    let folder: TemporaryFolder
    let revoked: String
    let other: String
    let epoch: UInt64
    let oldEnd: UInt64

    init() throws {
      let daemon = try Daemon()
      folder = daemon.folder
      let client = try daemon.client()
      try client.createOrganization("acme", administrator: "alice")
      revoked = try client.issueToken(for: "alice", of: "acme").secret
      other = try client.issueToken(for: "alice", of: "acme").secret
      #expect(try daemon.stop() == .exited(0))
      try FileManager.default.copyItem(
        atPath: "\(folder.path)/data/data.mdb", toPath: "\(folder.path)/old")
      let next = try Daemon(folder: folder)
      let again = try next.client()
      (epoch, oldEnd) = try OldCopyTests.state(again)
      try again.revoke(secret: revoked)
      #expect(try next.stop() == .exited(0))
      #expect(unsafe rename("\(folder.path)/old", "\(folder.path)/data/data.mdb") == 0)
    }

    /// The output of a daemon that does not start.
    func refusal(_ arguments: [String]) throws -> String {
      let process = try Daemon.start(arguments, in: folder)
      #expect(try process.wait() == .exited(1))
      return process.wholeOutput()
    }
  }

  private static func state(_ client: PosternClient) throws(ClientError) -> State {
    let reply = try client.getStatus { _ in }
    return (reply.message.ledgerEpoch, reply.message.revision)
  }

  @Test func doNotStartUnlessWhatIsLostIsNamed() throws {
    let story = try Story()
    for arguments in [[], ["--lose-revisions", "2"], ["--create"]] {
      let said = try story.refusal(arguments)
      #expect(said.contains("is an older copy"), "\(said)")
      #expect(said.contains("--lose-revisions 1"), "\(said)")
      #expect(said.contains("ends at revision \(story.oldEnd)"), "\(said)")
    }
    #expect(try story.refusal(["--keep-tokens"]).contains("--lose-revisions"))
  }

  /// The next page of a list and a place in the stream of changes belong to the history in which
  /// they were given: in another epoch both are refused, on both protocols.
  @Test(arguments: [false, true]) func endPagesAndCursors(_ keepsTokens: Bool) throws {
    let story = try Story()
    let list = { (page: String) in
      Encoding.field(1, "acme") + Encoding.field(4, integer: 1)
        + (page.isEmpty ? [] : Encoding.field(5, page))
    }
    // A page of before: the newest state that is given up has its tokens too.
    let page: String
    do {
      let before = try Daemon(["--lose-revisions", "1", "--keep-tokens"], folder: story.folder)
      let peers = try BothPeers(before)
      let reply = try before.client().listTokens {
        $0.setOrganizationID("acme")
        $0.setPageSize(1)
      }
      page = String(reply.message.nextPageToken)
      try #require(!page.isEmpty)
      let next = try peers.ask("ListTokens", of: "TokenService", list(page))
      #expect(next.code == 0, "\(next)")
      #expect(try before.stop() == .exited(0))
    }
    // Once more, so that the epoch of the page is one that was given up.
    try FileManager.default.copyItem(
      atPath: "\(story.folder.path)/data/data.mdb", toPath: "\(story.folder.path)/old")
    let epoch: UInt64
    do {
      let more = try Daemon(folder: story.folder)
      let client = try more.client()
      epoch = try Self.state(client).epoch
      try client.invite("zoe", to: "acme")
      #expect(try more.stop() == .exited(0))
    }
    #expect(
      unsafe rename("\(story.folder.path)/old", "\(story.folder.path)/data/data.mdb") == 0)
    let daemon = try Daemon(
      ["--lose-revisions", "1"] + (keepsTokens ? ["--keep-tokens"] : []), folder: story.folder)
    let peers = try BothPeers(daemon)
    let refused = try peers.ask("ListTokens", of: "TokenService", list(page))
    #expect(refused.code == 3 && refused.field == "page_token", "\(refused)")
    let watch = Method.watchServiceWatch.descriptor
    var call = WireCall(service: watch.service, method: watch.name)
    call.payload = Encoding.field(1, integer: 1) + LedgerEpochTests.field(epoch)
    for peer in [try TTRPCPeer(daemon), try GRPCPeer(daemon)] as [any StreamPeer] {
      let (messages, ended) = try peer.answer(to: call, watch, 1)
      #expect(ended.code == 9 && ended.reason == "LEDGER_EPOCH", "\(ended)")
      #expect(messages.isEmpty)
    }
    let fresh = try Self.state(daemon.client()).epoch
    #expect(fresh != epoch)
  }

  /// Everything that was issued is revoked, by one entry that all hosts see, in another epoch.
  @Test func revokeEverythingThatWasIssued() throws {
    let story = try Story()
    let daemon = try Daemon(["--lose-revisions", "1"], folder: story.folder)
    let client = try daemon.client()
    let (epoch, revision) = try Self.state(client)
    #expect(epoch != story.epoch)
    #expect(revision == story.oldEnd + 2)
    #expect(try !client.isActive(story.revoked))
    #expect(try !client.isActive(story.other))
    var told: [String] = []
    try client.listEvents {
      $0.setOrganizationID("acme")
      $0.setFromRevision(revision)
    } each: { message in
      for index in 0..<message.eventsCount {
        told.append(String(message.events(at: index).message))
      }
      return true
    }
    #expect(told.count == 1)
    #expect(told.first?.hasPrefix("every token issued up to revision \(story.oldEnd)") == true)
    #expect(
      try Self.losses(client) == [
        "an older copy of the ledger came into use, which lacks 1 acknowledged revisions; its "
          + "tokens were all revoked"
      ])
    // What is issued from now on is good, also after a restart, with the flag left behind.
    let fresh = try client.issueToken(for: "alice", of: "acme").secret
    #expect(try client.isActive(fresh))
    #expect(try client.verify().isIntact)
    #expect(try daemon.stop() == .exited(0))
    let next = try Daemon(["--lose-revisions", "1"], folder: story.folder)
    #expect(try next.client().isActive(fresh))
    #expect(next.process.says("remove --lose-revisions"))
  }

  /// Revisions are given up once, whatever their number, also if a start was killed before the
  /// host's note was written.
  @Test func giveUpOnce() throws {
    let story = try Story()
    let (old, data) = ("\(story.folder.path)/old", "\(story.folder.path)/data")
    let files = FileManager.default
    try files.copyItem(atPath: "\(data)/data.mdb", toPath: old)
    do {
      let daemon = try Daemon(["--lose-revisions", "1"], folder: story.folder)
      for user in ["u", "v", "w"] { try daemon.client().invite(user, to: "acme") }
      #expect(try daemon.stop() == .exited(0))
    }
    #expect(unsafe rename(old, "\(data)/data.mdb") == 0)
    let note = try Data(contentsOf: URL(filePath: "\(data)/host"))
    let epoch: UInt64
    do {
      let daemon = try Daemon(["--lose-revisions", "5"], folder: story.folder)
      epoch = try Self.state(daemon.client()).epoch
      #expect(try daemon.stop() == .exited(0))
    }
    for isCutOff in [false, true] {
      if isCutOff { try note.write(to: URL(filePath: "\(data)/host")) }
      let daemon = try Daemon(folder: story.folder)
      #expect(try Self.state(daemon.client()).epoch == epoch)
      #expect(try Self.losses(daemon.client()).count == 1)
      #expect(try daemon.stop() == .exited(0))
    }
  }

  /// A full ledger has no room for a copy of every page with tokens: for that it may outgrow its
  /// limit.
  @Test func areUsedAlsoWhereTheyAreFull() throws {
    let limits = ["--max-ledger-bytes", "4194304", "--max-tokens-per-user", "0"]
    let daemon = try Daemon(limits)
    let (folder, data) = (daemon.folder, "\(daemon.folder.path)/data")
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try client.issueUntilRefused(
      PosternClient.issueRequest(), count: 200, rounds: 100)
    #expect(secrets.count > 500)
    #expect(try daemon.stop() == .exited(0))
    try FileManager.default.copyItem(atPath: "\(data)/data.mdb", toPath: "\(folder.path)/old")
    let next = try Daemon(limits, folder: folder)
    try next.client().revoke(secret: secrets[0])
    #expect(try next.stop() == .exited(0))
    #expect(unsafe rename("\(folder.path)/old", "\(data)/data.mdb") == 0)
    for arguments in [["--lose-revisions", "1"], []] {
      let daemon = try Daemon(limits + arguments, folder: folder)
      let client = try daemon.client()
      for secret in secrets.prefix(50) { #expect(try !client.isActive(secret)) }
      #expect(try daemon.stop() == .exited(0))
    }
  }

  /// On a disk without room for that nothing is changed. The bytes to free are said, and suffice.
  @Test(.enabled(if: ProcessMemory.isMeaningful)) func sayWhatAFullDiskLacks() throws {
    let folder = TemporaryFolder()
    let data = "\(folder.path)/data"
    // Only root may mount one.
    guard let disk = try SmallDisk(at: data, megabytes: 32) else { return }
    defer { withExtendedLifetime(disk) {} }
    let daemon = try Daemon(folder: folder)
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    let secrets = try (0..<300).map { _ in try client.issueToken(for: "alice", of: "acme").secret }
    let old = "\(folder.path)/old"
    _ = try client.backup { $0.setPath(old) }
    try client.revoke(secret: secrets[0])
    #expect(try daemon.stop() == .exited(0))
    try FileManager.default.removeItem(atPath: "\(data)/data.mdb")
    try FileManager.default.copyItem(atPath: old, toPath: "\(data)/data.mdb")
    disk.fill(leaving: 0)
    let refused = try Daemon.start(["--lose-revisions", "1"], in: folder)
    #expect(try refused.wait() == .exited(1))
    let said = refused.wholeOutput()
    let lacks = try #require(said.firstMatch(of: /the disk lacks (\d+) of them/), "\(said)")
    let bytes = try #require(Int(lacks.1))
    #expect(
      try Data(contentsOf: URL(filePath: "\(data)/data.mdb")).starts(
        with: Data(contentsOf: URL(filePath: old))))
    disk.empty()
    disk.fill(leaving: bytes)
    let next = try Daemon(["--lose-revisions", "1"], folder: folder)
    let again = try next.client()
    for secret in secrets { #expect(try !again.isActive(secret)) }
  }

  @Test func keepTheTokensWhereThatIsSaid() throws {
    let story = try Story()
    let daemon = try Daemon(["--lose-revisions", "1", "--keep-tokens"], folder: story.folder)
    let client = try daemon.client()
    #expect(try Self.state(client).epoch != story.epoch)
    #expect(try client.isActive(story.revoked))
    #expect(try client.isActive(story.other))
    // The log keeps for good that it was said.
    #expect(
      try Self.losses(client) == [
        "an older copy of the ledger came into use, which lacks 1 acknowledged revisions; its "
          + "tokens were kept"
      ])
  }

  /// A ledger whose note is gone may be an older copy, and here it is one.
  @Test func doNotStartWithoutTheHostsNote() throws {
    let story = try Story()
    let note = "\(story.folder.path)/data/host"
    #expect(try story.refusal(["--lose-revisions", "unknown"]).contains("--lose-revisions 1"))
    #expect(unsafe unlink(note) == 0)
    for arguments in [[], ["--create"], ["--lose-revisions", "1"]] {
      let said = try story.refusal(arguments)
      #expect(said.contains("`\(note)` is missing"), "\(said)")
      #expect(said.contains("--lose-revisions unknown"), "\(said)")
      #expect(unsafe access(note, F_OK) == -1)
    }
    let daemon = try Daemon(["--lose-revisions", "unknown"], folder: story.folder)
    let client = try daemon.client()
    #expect(try Self.state(client).epoch != story.epoch)
    for secret in [story.revoked, story.other] { #expect(try !client.isActive(secret)) }
    #expect(
      try Self.losses(client) == [
        "an older copy of the ledger came into use, which lacks perhaps acknowledged revisions; "
          + "its tokens were all revoked"
      ])
    #expect(try client.verify().isIntact)
    let fresh = try client.issueToken(for: "alice", of: "acme").secret
    #expect(try daemon.stop() == .exited(0))
    let next = try Daemon(folder: story.folder)
    #expect(try next.client().isActive(fresh))
  }

  @Test func keepTheTokensWithoutTheHostsNoteToo() throws {
    let story = try Story()
    #expect(unsafe unlink("\(story.folder.path)/data/host") == 0)
    let daemon = try Daemon(
      ["--lose-revisions", "unknown", "--keep-tokens"], folder: story.folder)
    let client = try daemon.client()
    #expect(try client.isActive(story.other))
    #expect(try Self.losses(client).count == 1)
    #expect(try Self.state(client).epoch != story.epoch)
  }

  /// What operators are told of lost revisions.
  private static func losses(_ client: PosternClient) throws -> [String] {
    var told: [String] = []
    try client.listEvents {
      $0.addKinds(.revisionsLost)
    } each: { message in
      for index in 0..<message.eventsCount {
        told.append(String(message.events(at: index).message))
      }
      return true
    }
    return told
  }

  /// An older copy that has grown again: its revisions are others.
  @Test func areFoundAfterTheyHaveGrown() throws {
    let story = try Story()
    let data = "\(story.folder.path)/data"
    try FileManager.default.moveItem(atPath: "\(data)/host", toPath: "\(story.folder.path)/host")
    do {
      // Without its file the host knows nothing, but the epoch is another all the same.
      let daemon = try Daemon(["--lose-revisions", "unknown"], folder: story.folder)
      let client = try daemon.client()
      #expect(try Self.state(client).epoch != story.epoch)
      for user in ["u", "v", "w"] { try client.invite(user, to: "acme") }
      #expect(try daemon.stop() == .exited(0))
    }
    try FileManager.default.removeItem(atPath: "\(data)/host")
    try FileManager.default.moveItem(atPath: "\(story.folder.path)/host", toPath: "\(data)/host")
    let said = try story.refusal([])
    #expect(said.contains("has at revision \(story.oldEnd + 1) not the entry"), "\(said)")
  }

  @Test func ofAnotherLedgerDoNotStart() throws {
    let (first, second) = (try Daemon(), try Daemon())
    #expect(try first.stop() == .exited(0))
    #expect(try second.stop() == .exited(0))
    let data = "\(first.folder.path)/data"
    #expect(unsafe rename("\(second.folder.path)/data/data.mdb", "\(data)/data.mdb") == 0)
    let process = try Daemon.start([], in: first.folder)
    #expect(try process.wait() == .exited(1))
    #expect(process.says("but this host had"))
    #expect(process.says("remove `\(data)/host`"))
  }

  /// Where there was a ledger none is made without being told to.
  @Test func areMissed() throws {
    let daemon = try Daemon()
    try daemon.client().createOrganization("acme", administrator: "alice")
    #expect(try daemon.crash() == .signaled(SIGKILL))
    #expect(unsafe unlink("\(daemon.folder.path)/data/data.mdb") == 0)
    for _ in 0..<2 {
      let process = try Daemon.start([], in: daemon.folder)
      #expect(try process.wait() == .exited(1))
      #expect(process.says("there is no ledger in"))
      #expect(process.says("--create"))
    }
    let next = try Daemon(["--create"], folder: daemon.folder)
    #expect(try next.client().revision() == 0)
    #expect(try next.stop() == .exited(0))
    let last = try Daemon(folder: daemon.folder)
    #expect(try last.client().revision() == 0)
  }

  /// With the host's note gone too: what readers leave, and copies, show that there was one. Of a
  /// start that was cut off before it had a ledger nothing shows that.
  @Test(arguments: ["lock.mdb", "copy", "lock"]) func areMissedByWhatIsLeft(_ left: String) throws {
    let daemon = try Daemon()
    let (folder, data) = (daemon.folder, "\(daemon.folder.path)/data")
    let client = try daemon.client()
    try client.createOrganization("acme", administrator: "alice")
    if left == "copy" { _ = try client.backup { $0.setPath("\(data)/copy") } }
    #expect(try daemon.stop() == .exited(0))
    for name in ["data.mdb", "lock.mdb", "host", "lock"] where name != left {
      #expect(unsafe unlink("\(data)/\(name)") == 0, "\(name)")
    }
    folder.write("data/notes", "what people leave in folders")
    if left != "lock" {
      let process = try Daemon.start([], in: folder)
      #expect(try process.wait() == .exited(1))
      #expect(process.says("but `\(left)` shows"), "\(process.wholeOutput())")
    }
    let next = try Daemon(left == "lock" ? [] : ["--create"], folder: folder)
    #expect(try next.client().revision() == 0)
  }

  /// A crash costs nothing: the file beside the ledger is behind it, never before.
  @Test func areNotMistakenForACrash() throws {
    var daemon = try Daemon()
    try daemon.client().createOrganization("acme", administrator: "alice")
    for round in 0..<5 {
      try daemon.client().invite("u\(round)", to: "acme")
      #expect(try daemon.crash() == .signaled(SIGKILL))
      daemon = try Daemon(folder: daemon.folder)
    }
    #expect(try daemon.client().verify().isIntact)
  }
}
