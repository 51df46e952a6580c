internal import Messages
internal import RPC
internal import TestSupport
internal import Testing
internal import postern

/// `postern audit` and `postern watch`.
@Suite struct EventCommandTests {
  private func run(
    _ daemon: ScriptedDaemon, _ line: String
  ) -> (code: ExitCode, output: String, errors: String) {
    let context = RecordedContext()
    context.variables["POSTERN_SOCKET"] = daemon.path
    let code = Program.run(line.split(separator: " ").map(String.init), in: context)
    #expect(context.endsOnInterrupt == line.hasPrefix("watch"))
    return (code, context.output, context.errors)
  }

  private static func write(_ event: PosternV1.Event.Builder, _ revision: UInt64) {
    event.setKind(.userInvited)
    event.setMessage("user `u\(revision)` was invited")
    let change = event.addChanges()
    change.setField("display_name")
    change.setAfter("Ann\u{1b}")
    let attribution = event.makeAttribution()
    attribution.setRevision(revision)
    attribution.makeTime().setSeconds(1_777_636_800)
    attribution.setPid(7)
    attribution.setExecutable("/usr/bin/postern")
    if revision.isMultiple(of: 2) {
      attribution.setUserID("alice")
      attribution.setTokenID("0123456789abcdefghijkl")
    }
  }

  private func page(_ revisions: ClosedRange<UInt64>) -> [UInt8] {
    ScriptedDaemon.encoded { (response: PosternV1.ListEventsResponse.Builder) in
      for revision in revisions { Self.write(response.addEvents(), revision) }
      response.setRevision(revisions.upperBound)
    }
  }

  /// The messages of both have the same fields with the same numbers.
  private func news(_ revisions: ClosedRange<UInt64>) -> [UInt8] { page(revisions) }

  private func heartbeat(_ revision: UInt64) -> [UInt8] {
    ScriptedDaemon.encoded { (response: PosternV1.WatchResponse.Builder) in
      response.setRevision(revision)
    }
  }

  private func row(_ revision: String, _ who: String, _ user: String) -> String {
    "2026-05-01 12:00:00 UTC  \(revision)  \(who)  postern[7]  user_invited  "
      + "user `u\(user)` was invited"
  }

  @Test func auditIsATable() throws {
    let daemon = try ScriptedDaemon([.stream([page(9...10), page(11...11)])])
    let result = run(daemon, "audit --org acme --kind user --changes")
    #expect(result.code == .success)
    let none = "uid 0  -                     "
    let expected: [String] = [
      "TIME                     REVISION  BY     TOKEN                   PROCESS     "
        + "KIND          CHANGE",
      row("9       ", none, "9"), "    display_name: none → Ann\\u{1B}",
      row("10      ", "alice  0123456789abcdefghijkl", "10"), "    display_name: none → Ann\\u{1B}",
      row("11      ", none, "11"), "    display_name: none → Ann\\u{1B}",
    ]
    #expect(result.output == expected.map { $0 + "\n" }.joined())
    #expect(daemon.calls.count == 1)
    #expect(daemon.calls[0].hasPrefix("postern.v1.AuditService/ListEvents \n\u{4}acme"))
  }

  @Test func auditSelects() throws {
    let daemon = try ScriptedDaemon([.stream([])])
    let result = run(
      daemon,
      "audit --org o --user u --token t --resource a/b/c --kind token-issued --since 1h --limit 7")
    #expect(result.code == .success)
    #expect(result.output == "")
    #expect(result.errors == "no change matches\n")
    let expected = ScriptedDaemon.encoded { (request: PosternV1.ListEventsRequest.Builder) in
      request.setOrganizationID("o")
      request.setUserID("u")
      request.setTokenID("t")
      request.setResourceType("a")
      request.setResourceID("b/c")
      request.addKinds(.tokenIssued)
      request.makeStartTime().setSeconds(1_777_636_800 - 3_600)
      request.setLimit(7)
    }
    let text = String(decoding: expected, as: UTF8.self)
    #expect(daemon.calls[0].hasPrefix("postern.v1.AuditService/ListEvents \(text) bearer="))
  }

  @Test func auditShowsTheLastOrDocuments() throws {
    let last = try ScriptedDaemon([.stream((1...40).map { page($0 * 10...$0 * 10 + 9) })])
    let result = run(last, "audit --last 2")
    #expect(result.output.split(separator: "\n").count == 3)
    #expect(result.output.hasSuffix("user `u409` was invited\n"))
    let daemon = try ScriptedDaemon([.stream([page(1...3)])])
    let lines = run(daemon, "audit --output json").output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[2].contains("\"revision\":\"3\""))
    #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
  }

  @Test func auditThatBreaksSaysSoAfterWhatItHas() throws {
    let daemon = try ScriptedDaemon([.streamAndFail([page(1...2)], .unavailable)])
    let result = run(daemon, "audit")
    #expect(result.code == .failure)
    #expect(result.output.split(separator: "\n").count == 3)
    #expect(result.errors.contains("as scripted [UNAVAILABLE]"))
  }

  @Test func watchGoesOnWithoutGapOrRepeat() throws {
    let daemon = try ScriptedDaemon([
      .streamAndBreak([heartbeat(6), news(7...8)]), .fail(.unavailable, "stopping"),
      .streamAndFail([heartbeat(8), news(9...9)], .unavailable), .stream([news(10...10)]),
      .streamAndFail([heartbeat(12)], .permissionDenied),
    ])
    let result = run(daemon, "watch --org acme --output json")
    #expect(result.code == .failure)
    let revisions = result.output.split(separator: "\n").compactMap { line in
      line.split(separator: "\"revision\":\"").last?.prefix { $0.isNumber }
    }
    #expect(revisions == ["7", "8", "9", "10"])
    let wanted: [UInt64?] = [nil, 9, 9, 10, 11]
    #expect(daemon.calls.count == wanted.count)
    for (call, revision) in zip(daemon.calls, wanted) {
      let request = ScriptedDaemon.encoded { (request: PosternV1.WatchRequest.Builder) in
        if let revision { request.setFromRevision(revision) }
        request.setOrganizationID("acme")
      }
      let text = String(decoding: request, as: UTF8.self)
      #expect(call.hasPrefix("postern.v1.WatchService/Watch \(text) bearer="))
    }
    let remarks = result.errors.split(separator: "\n")
    #expect(remarks.count { $0.hasSuffix("waiting for the daemon") } == 3)
    #expect(
      remarks.filter { $0.contains("is back") }
        == [9, 10, 11].map {
          "postern: the daemon is back; continuing from revision \($0)"
        })
    #expect(remarks.contains { $0.contains("as scripted [PERMISSION_DENIED]") })
  }

  /// Where the ledger was restored meanwhile, the position means nothing any more.
  @Test func watchEndsWhereTheLedgerIsOfAnotherEpoch() throws {
    let first = ScriptedDaemon.encoded { (response: PosternV1.WatchResponse.Builder) in
      response.setRevision(8)
      response.setLedgerEpoch(77)
    }
    let daemon = try ScriptedDaemon([.streamAndBreak([first]), .fail(.failedPrecondition, "77")])
    let result = run(daemon, "watch")
    #expect(result.code == .failure)
    #expect(result.errors.contains("[FAILED_PRECONDITION]"))
    for (call, epoch) in zip(daemon.calls, [0, 77]) {
      let request = ScriptedDaemon.encoded { (request: PosternV1.WatchRequest.Builder) in
        if epoch != 0 { request.setFromRevision(9) }
        request.setLedgerEpoch(UInt64(epoch))
      }
      let text = String(decoding: request, as: UTF8.self)
      #expect(call.hasPrefix("postern.v1.WatchService/Watch \(text) bearer="), "\(call)")
    }
    #expect(daemon.calls.count == 2)
  }

  @Test func watchPrintsWhatComes() throws {
    let daemon = try ScriptedDaemon([.streamAndFail([news(1...1), news(2...2)], .unauthenticated)])
    let result = run(daemon, "watch --from-revision 1")
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[1].hasPrefix("2026-05-01 12:00:00 UTC  1         uid 0  -      postern[7]"))
    #expect(lines[2].contains("alice  0123456789abcdefghijkl  postern[7]"))
    #expect(result.errors.contains("`postern token issue --org ORG"))
  }

  @Test func watchWithoutADaemonIsAnError() {
    let context = RecordedContext()
    #expect(Program.run(["watch", "--socket", "/nowhere/x"], in: context) == .failure)
    #expect(context.errors.contains("can't connect"))
    #expect(!context.endsOnInterrupt)
  }

  /// Also where there are gaps between the numbers.
  @Test func knowsEveryKind() {
    let numbers = 1...(EventKindText.maximumNumber * 10)
    let named = numbers.filter { PosternV1.EventKind(rawValue: $0).name != nil }
    #expect(EventKindText.names.count == named.count)
    for word in ["organization_created", "clock_accepted", "revisions_lost"] {
      #expect(EventKindText.names.contains(word))
    }
  }
}
