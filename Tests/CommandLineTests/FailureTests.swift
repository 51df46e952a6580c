internal import PosternClient
internal import Testing
internal import postern

/// Every failure says what to do next.
@Suite struct FailureTests {
  @Test(arguments: [
    ("UNAUTHENTICATED", "TOKEN_NOT_ACTIVE", "", "get another by `postern token issue"),
    ("UNAUTHENTICATED", "", "", "set POSTERN_TOKEN to the token"),
    ("UNAUTHENTICATED", "CREDENTIAL_MALFORMED", "", "without `Bearer`"),
    ("PERMISSION_DENIED", "OPERATOR_REQUIRED", "", "no token allows it: run as an operator"),
    ("PERMISSION_DENIED", "OPERATOR_REQUIRED", "", "`--require-bearer-uid`"),
    ("PERMISSION_DENIED", "", "", "or run as an operator"),
    ("NOT_FOUND", "", "there is no organization `a`", "`postern org list`"),
    ("NOT_FOUND", "", "there is no user `a`", "`postern user list --org ORG`"),
    ("NOT_FOUND", "", "there is no org token `a`", "`postern org-token list --org ORG`"),
    ("FAILED_PRECONDITION", "NO_POLICY_FILE", "", "`posternd --policy FILE`"),
    ("RESOURCE_EXHAUSTED", "", "", "`posternd --help`"),
    ("UNAVAILABLE", "", "", "try again"),
    ("UNAVAILABLE", "LEDGER_FULL", "", "free space on the disk"),
    ("UNAVAILABLE", "LEDGER_FAILED", "", "restart the daemon"),
    ("INTERNAL", "", "", "the daemon's log"),
  ])
  func says(name: String, reason: String, message: String, advice: String) {
    let error = ClientError.status(
      code: 2, name: name, message: message, reason: reason, metadata: [:])
    let report = Failure.call(error).report(for: nil)
    #expect(report.contains("[\(name)"))
    #expect(report.split(separator: "\n").last?.hasPrefix("hint: ") == true)
    #expect(report.contains(advice), "\(report)")
  }

  @Test func saysOnlyWhatIsSo() {
    for (name, reason, wrong) in [
      ("PERMISSION_DENIED", "OPERATOR_REQUIRED", "set POSTERN_TOKEN to"),
      ("UNAUTHENTICATED", "CREDENTIAL_MALFORMED", "expired"),
      ("UNAVAILABLE", "LEDGER_FULL", "in a moment"),
      ("UNAVAILABLE", "LEDGER_FAILED", "in a moment"),
    ] {
      let error = ClientError.status(
        code: 7, name: name, message: "no", reason: reason, metadata: [:])
      #expect(!Failure.call(error).report(for: nil).contains(wrong))
    }
    let reset = Failure.call(.connection("the connection was reset")).report(for: nil)
    #expect(reset.contains("refused the connection"))
  }

  /// The limit, the disk, or both where the daemon doesn't say which.
  @Test(arguments: [
    (["limit": "max-ledger-bytes", "value": "1048576"], false, true),
    (["path": "/var/lib/postern", "free_bytes": "0"], true, false),
    ([:], true, true),
  ])
  func saysWhereToMakeRoom(metadata: [String: String], disk: Bool, limit: Bool) {
    let error = ClientError.status(
      code: 14, name: "UNAVAILABLE", message: "the ledger is full", reason: "LEDGER_FULL",
      metadata: metadata)
    let report = Failure.call(error).report(for: nil)
    #expect(report.contains("free space on the disk of the ledger") == disk, "\(report)")
    #expect(report.contains("larger `--max-ledger-bytes`") == limit, "\(report)")
  }

  @Test func saysWhereTheActionsAre() {
    let error = ClientError.status(
      code: 3, name: "INVALID_ARGUMENT", message: "no", reason: "", metadata: ["field": "action"])
    #expect(Failure.call(error).report(for: nil).contains("hint: `postern policy show`"))
  }
}
