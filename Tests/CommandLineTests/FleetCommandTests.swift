internal import Messages
internal import TestSupport
internal import Testing
internal import postern

/// `postern fleet ...`, and `--wait` of every command that changes something.
@Suite struct FleetCommandTests {
  private func run(
    _ socket: String, _ line: String, input: String = ""
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = socket
    context.input = input
    let code = Program.run(line.split(separator: " ").map(String.init), in: context)
    return (code, context.output, context.errors)
  }

  private static func fleet(
    _ fill: (PosternV1.GetFleetResponse.Builder) -> Void
  ) -> [UInt8] {
    ScriptedDaemon.encoded { (response: PosternV1.GetFleetResponse.Builder) in
      response.setInstance("00000000-0000-0000-0000-000000000001")
      response.setRevision(40)
      fill(response)
    }
  }

  /// A daemon without `--fleet` says how to get one.
  @Test(arguments: [
    "fleet init", "fleet status", "fleet list", "fleet forget 00000000-0000-0000-0000-000000000001",
    "fleet repair", "fleet repair --append", "fleet repair --rebuild --yes",
    "fleet repair --cut 7 --yes", "fleet lost", "fleet lost --reapply",
  ])
  func saysHowToGetAFleet(line: String) throws {
    let daemon = try Daemon()
    let result = run(daemon.socketPath, line)
    #expect(result.code == .failure)
    #expect(result.errors.contains("[FAILED_PRECONDITION, NO_FLEET]"), "\(result)")
    #expect(result.errors.contains("--fleet"), "\(result)")
    #expect(!run(daemon.socketPath, "status").output.contains("fleet"))
  }

  @Test func showsAHostThatFollows() throws {
    let daemon = try ScriptedDaemon([
      .answer(
        Self.fleet { fleet in
          fleet.setCondition(.following)
          fleet.setFleetID("f")
          fleet.setTerm(2)
          fleet.setReady(true)
          fleet.makeLease().setSeconds(180)
          fleet.makeLeaseLeft().setSeconds(171)
          fleet.makeLastContactAge().setNanos(5)
          fleet.makeDatabaseClockOffset().setSeconds(-4)
          fleet.setDatabaseStandby(.absent)
        })
    ])
    let lines = run(daemon.path, "fleet status").output.split(separator: "\n").map(String.init)
    for (name, value) in [
      ("condition", "following"), ("fleet", "f"), ("term", "2"), ("lease", "3 minutes"),
      ("lease left", "3 minutes"), ("revision", "40"), ("last answer", "0 seconds ago"),
      ("clock", "4 seconds behind the database's"),
      ("standby", "none: a failover may lose acknowledged changes"),
    ] {
      let line = lines.first { $0.hasPrefix(name + " ") && $0.hasSuffix(" " + value) }
      #expect(line != nil, "\(name): \(lines)")
    }
    for name in ["problem", "behind", "uploaded", "format"] {
      #expect(!lines.contains { $0.hasPrefix(name + " ") }, "\(name): \(lines)")
    }
  }

  @Test func showsAHostThatAnswersNothing() throws {
    let daemon = try ScriptedDaemon([
      .answer(
        Self.fleet { fleet in
          fleet.setCondition(.impaired)
          fleet.setProblem("the fleet's database does not answer")
          fleet.setLagRevisions(2)
        }),
      .answer(
        ScriptedDaemon.encoded { (status: PosternV1.GetStatusResponse.Builder) in
          let fleet = status.makeFleet()
          fleet.setCondition(.impaired)
          fleet.setProblem("the fleet's database does not answer")
          fleet.setLagRevisions(1)
          fleet.setMemberCount(3)
          fleet.setDatabaseStandby(.absent)
        }),
    ])
    let text = run(daemon.path, "fleet status").output
    for part in ["impaired", "does not answer", "2 revisions", "nothing is answered", "none yet"] {
      #expect(text.contains(part), "\(part): \(text)")
    }
    let status = run(daemon.path, "status").output
    #expect(
      status.contains(
        "the fleet's database does not answer, 1 revision behind, without a lease, so nothing is"
          + " answered, 3 members, no synchronous standby: a failover may lose acknowledged"
          + " changes"), "\(status)")
  }

  @Test func listsMembers() throws {
    let answer = Self.fleet { fleet in
      for (index, host) in ["berlin", "oslo"].enumerated() {
        let member = fleet.addMembers()
        member.setInstance("00000000-0000-0000-0000-00000000000\(index)")
        member.setHost(host)
        member.setAppliedRevision(UInt64(40 - index))
        member.setTerm(1)
        member.setFormat(3)
        member.setAnswering(index == 0)
        member.makeRenewedAge().setSeconds(Int64(600 * index))
        member.setAnswersThisCall(index == 0)
      }
    }
    let daemon = try ScriptedDaemon([.answer(answer), .answer(Self.fleet { _ in })])
    let lines = run(daemon.path, "fleet list").output.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(
      lines == [
        "INSTANCE HOST REVISION TERM FORMAT ANSWERS RENEWED",
        "00000000-0000-0000-0000-000000000000 berlin 40 1 3 yes 0 seconds ago this host",
        "00000000-0000-0000-0000-000000000001 oslo 39 1 3 no 10 minutes ago",
      ])
    #expect(run(daemon.path, "fleet list").output == "no members are known yet\n")
  }

  @Test func beginsAndForgets() throws {
    let grants = "grant select on postern.log to a;\ngrant insert on postern.log to a;\n"
    let daemon = try ScriptedDaemon([
      .answer(
        ScriptedDaemon.encoded { (response: PosternV1.InitializeFleetResponse.Builder) in
          response.setFleetID("f")
          response.setGrantsSql(grants)
          response.setRevision(9)
        }),
      .answer(
        ScriptedDaemon.encoded { (response: PosternV1.ForgetMemberResponse.Builder) in
          response.setRevision(9)
        }),
    ])
    let begun = run(daemon.path, "fleet init --lease 60s")
    #expect(begun.code == .success)
    // What a database's administrator runs, and nothing else.
    #expect(begun.output == grants)
    #expect(begun.errors == "the fleet f has this host's log, up to revision 9\n")
    #expect(daemon.calls[0].contains("InitializeFleet \n\u{2}\u{8}<"), "\(daemon.calls)")
    #expect(run(daemon.path, "fleet forget x").output == "the member x is forgotten\n")
    #expect(daemon.calls[1].contains("ForgetMember \n\u{1}x"), "\(daemon.calls)")
  }

  @Test func showsWhatARepairWouldDo() throws {
    let answer = ScriptedDaemon.encoded { (response: PosternV1.GetRepairResponse.Builder) in
      response.setDatabaseRevision(38)
      response.setDatabaseHash([UInt8](repeating: 0xab, count: 32).span)
      response.setTerm(1)
      response.setAdvice("run this")
      for (index, host) in ["berlin", "oslo"].enumerated() {
        let member = response.addMembers()
        member.setInstance("00000000-0000-0000-0000-00000000000\(index)")
        member.setHost(host)
        member.setHeadRevision(UInt64(40 - index))
        member.setHeadHash([UInt8](repeating: UInt8(index), count: 32).span)
        member.setTerm(UInt64(index))
        member.setTrouble("FLEET_FORGOT")
        member.setHeard(index == 0)
        member.makeHeardAge().setSeconds(600)
        member.setAnswersThisCall(index == 0)
      }
    }
    let daemon = try ScriptedDaemon([.answer(answer)])
    let lines = run(daemon.path, "fleet repair").output.split(separator: "\n").map {
      $0.split(separator: " ").joined(separator: " ")
    }
    #expect(
      lines == [
        "INSTANCE HOST REVISION HASH TERM STATE",
        "00000000-0000-0000-0000-000000000000 berlin 40 000000000000 - FLEET_FORGOT this host",
        "00000000-0000-0000-0000-000000000001 oslo 39 010101010101 1 not heard for 10 minutes",
        "the database ends at revision 38, hash abababababab, term 1", "run this",
      ])
  }

  @Test func repairsOneThingAtATime() throws {
    let daemon = try ScriptedDaemon([
      .answer(
        ScriptedDaemon.encoded { (response: PosternV1.AppendMissingResponse.Builder) in
          response.setAppendedCount(2)
          response.setTerm(3)
        }),
      .answer(
        ScriptedDaemon.encoded { (response: PosternV1.CutLogResponse.Builder) in
          response.setRemovedCount(1)
          response.setFile("/data/cut-1-7")
          response.setTerm(2)
        }),
    ])
    let appended = run(daemon.path, "fleet repair --append")
    #expect(appended.output == "2 changes appended: the fleet goes on in term 3\n")
    #expect(
      run(daemon.path, "fleet repair --cut 7 --yes").output
        == "1 change removed, kept in /data/cut-1-7: the fleet goes on in term 2\n")
    #expect(daemon.calls[1].contains("CutLog \u{8}\u{7}"), "\(daemon.calls)")
    // Nothing is removed or given up unconfirmed, and one thing at a time.
    for line in [
      "fleet repair --cut 7", "fleet repair --rebuild", "fleet repair --cut x --yes",
      "fleet repair --append --cut 7",
    ] {
      #expect(run(daemon.path, line).code == .misuse, "\(line)")
    }
    #expect(daemon.calls.count == 2)
  }

  /// Alone, a daemon is the whole fleet.
  @Test func waitsForTheFleet() throws {
    let socket = try Daemon()
    for line in [
      "org create acme --admin alice --wait fleet", "user invite bob carol --org acme --wait host",
      "token issue --org acme --user bob --wait fleet",
      "token revoke 0000000000000000000000 --wait fleet",
      "token revoke-all --org acme --yes --wait fleet", "clock accept --wait fleet",
    ] {
      let result = run(socket.socketPath, line)
      #expect(result.code == .success, "\(line): \(result)")
    }
    let token = run(socket.socketPath, "token issue --org acme --user bob").output
    let scan = run(socket.socketPath, "scan --revoke --wait fleet -", input: token)
    #expect(scan.code == .denied && scan.output.contains("revoked"), "\(scan)")
    let record = #"{"user":{"organization_id":"acme","id":"dave"}}"#
    let imported = run(socket.socketPath, "import - --wait fleet", input: record)
    #expect(imported.code == .success, "\(imported)")
  }

  /// A value of `--wait` that is not known is refused.
  @Test func refusesAnotherWait() throws {
    let daemon = try ScriptedDaemon([])
    for line in [
      "token revoke 0000000000000000000000 --wait all", "import - --wait all",
      "token revoke-all --org acme --yes --wait all",
      "token issue --org acme --user bob --wait all",
    ] {
      let result = run(daemon.path, line, input: #"{"user":{"organization_id":"acme","id":"d"}}"#)
      #expect(result.code == .misuse, "\(line): \(result)")
      #expect(result.errors.contains("`all`"), "\(line): \(result)")
    }
    #expect(daemon.calls.isEmpty)
    #expect(run(daemon.path, "token list --org acme --wait fleet").code == .misuse)
  }

  /// An import waits with its last message, which covers those before.
  @Test func anImportWaitsWithItsLastMessage() throws {
    var batch = RecordBatch()
    let line = Array(#"{"user":{"organization_id":"acme","id":"dave"}}"#.utf8)
    batch.add(try EncodedRecord(line.span), line: 1)
    batch.waitForFleet()
    let arena = Arena(initialBytes: 1 << 10, limits: DecodeLimits(bytes: 1 << 20))
    let payload = batch.payload
    let request = try PosternV1.ImportRequest(decoding: payload.span, in: arena)
    #expect(request.recordsCount == 1)
    #expect(request.wait == .fleet)
  }
}
