internal import Foundation
internal import Glibc
internal import Ledger
internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// Starts on the files that a restore or a killed start has left.
@Suite struct RestoredLedgerTests {
  /// Bits that flipped in the tables of a copy have no effect: a restore makes the tables from the
  /// log. The restored ledger has another epoch.
  @Test func isWhatTheLogSays() throws {
    let world = try World()
    let old = try world.daemon.client()
    let copy = "\(world.daemon.folder.path)/copy"
    _ = try old.backup { $0.setPath(copy) }
    let list = { (page: String) in
      Encoding.field(1, "acme") + Encoding.field(2, integer: 1)
        + (page.isEmpty ? [] : Encoding.field(3, page))
    }
    let page = try old.listUsers {
      $0.setOrganizationID("acme")
      $0.setPageSize(1)
    }
    let token = String(page.message.nextPageToken)
    let before = try BothPeers(world.daemon).ask("ListUsers", of: "DirectoryService", list(token))
    #expect(before.code == 0, "\(before)")
    let status = try old.getStatus { _ in }
    let (epoch, revision) = (status.message.ledgerEpoch, status.message.revision)

    let revoked = world.secret(of: .revoked)
    #expect(try FlippedBits.flipRevoked(revoked, copy, isSet: true) > 0)
    #expect(try FlippedBits.flipRevoked(world.secret(of: .writer), copy, isSet: false) > 0)
    #expect(try FlippedBits.flipAdministrator("bob", copy) > 0)
    let folder = TemporaryFolder()
    let report = try Restoration.restore(copy, into: "\(folder.path)/data") { _, _ in }
    #expect(report.fault == nil)
    let daemon = try Daemon(folder: folder)
    let client = try daemon.client()
    let peers = try BothPeers(daemon)
    #expect(try client.revision() == revision)
    #expect(try !peers.isActive(revoked))
    #expect(try peers.isActive(world.secret(of: .writer)))
    let user = world.secret(of: .user)
    #expect(try peers.authorize("POST", "/v2/integration", user).denies(403))
    #expect(try peers.authorize("GET", "/v2/integration/1", user).isAllowed)
    #expect(try !client.check(token: user, "integration.create").isAllowed)
    #expect(try client.verify().isIntact)

    let refused = try peers.ask("ListUsers", of: "DirectoryService", list(token))
    #expect(refused.code == 3 && refused.field == "page_token", "\(refused)")
    let stale = failure { () throws(ClientError) in
      _ = try client.validateToken {
        $0.setSecret(user)
        $0.setAtLeastRevision(revision)
        $0.setLedgerEpoch(epoch)
      }
    }
    #expect(stale?.reasonName == "LEDGER_EPOCH")
  }

  /// Where the disk is lost with the note, an operator can still have every token of the restored
  /// copy revoked.
  @Test func revokesItsTokensOnDemand() throws {
    let world = try World()
    let (copy, folder) = ("\(world.daemon.folder.path)/copy", TemporaryFolder())
    _ = try world.daemon.client().backup { $0.setPath(copy) }
    _ = try Restoration.restore(copy, into: "\(folder.path)/data") { _, _ in }
    let daemon = try Daemon(["--lose-revisions", "unknown"], folder: folder)
    let client = try daemon.client()
    #expect(try !client.isActive(world.secret(of: .user)))
    #expect(try !client.isActive(world.secret(of: .administrator)))
  }

  /// The files of a killed restore are no ledger, and hinder neither a start nor another restore.
  @Test func isNotMistakenForAnEmptyOne() throws {
    let world = try World()
    let copy = "\(world.daemon.folder.path)/copy"
    _ = try world.daemon.client().backup { $0.setPath(copy) }
    let folder = TemporaryFolder()
    let data = "\(folder.path)/data"
    #expect(unsafe mkdir(data, 0o700) == 0)
    let leftover = folder.write("data/data.mdb.partial", "half")
    for _ in 0..<2 {
      let process = try Daemon.start([], in: folder)
      #expect(try process.wait() == .exited(1))
      #expect(process.says("a restore into"), "\(process.wholeOutput())")
    }
    _ = try Restoration.restore(copy, into: data) { _, _ in }
    #expect(unsafe access(leftover, F_OK) == -1)
    let daemon = try Daemon(folder: folder)
    #expect(try daemon.client().isActive(world.secret(of: .user)))
  }

  /// A start makes a ledger of whatever an interrupted creation has left.
  @Test(arguments: [0, 1, 4096, 40_000]) func isMadeAnewAfterACut(_ bytes: Int) throws {
    let folder = TemporaryFolder()
    #expect(unsafe mkdir("\(folder.path)/data", 0o700) == 0)
    let garbage = String(repeating: "g", count: bytes)
    let leftover = folder.write("data/data.mdb.new", garbage)
    let daemon = try Daemon(folder: folder)
    let client = try daemon.client()
    #expect(unsafe access(leftover, F_OK) == -1)
    #expect(try client.revision() == 0)
    try client.createOrganization("acme", administrator: "alice")
    let revision = try client.revision()
    #expect(try daemon.crash() == .signaled(SIGKILL))
    let next = try Daemon(folder: folder)
    #expect(try next.client().revision() == revision)
  }
}
