internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Services

/// One thing that can be configured: a flag `--name VALUE`, and in the configuration file a key
/// with underscores.
struct Setting: Sendable {
  let name: String
  let placeholder: String
  let summary: String
  /// The flag alone means `true`; another value stands behind `=`.
  var isSwitch: Bool { placeholder.isEmpty }
  /// Takes the value; throws when it is not one that the setting may have.
  let apply: @Sendable (inout Configuration, String) throws(InvalidSetting) -> Void

  /// The name in the configuration file.
  var key: String { name.replacing("-", with: "_") }

  static let all: [Setting] = [
    Setting("socket", "PATH", "the Unix socket to serve on") { $0.socketPath = $1 },
    number("socket-mode", "OCTAL", "mode of the socket (default 0660)", radix: 8, 0...0o777) {
      $0.socketMode = UInt32($1)
    },
    Setting("data", "DIR", "folder of the ledger, made with mode 0700 if it is missing") {
      $0.dataFolder = $1
    },
    toggle("take-over", "replace the daemon on this data folder, and take its sockets") {
      $0.takesOver = $1
    },
    toggle("create", "start an empty ledger where the old one is gone; give it once") {
      $0.createsLedger = $1
    },
    Setting(
      "lose-revisions", "N", "accept an old copy that lacks N revisions, or `unknown`; once"
    ) {
      (configuration, text) throws(InvalidSetting) in
      if text == LostRevisions.unknownWord {
        configuration.lostRevisions = .unknown
      } else {
        guard let count = UInt64(text), count > 0 else { throw .malformed }
        configuration.lostRevisions = .count(count)
      }
    },
    toggle("keep-tokens", "with --lose-revisions: don't revoke every token of the copy") {
      $0.keepsTokens = $1
    },
    number("workers", "N", "threads that serve connections (default: the number of cores)", 1...256)
    { $0.workers = $1 },
    Setting("log-level", "LEVEL", "error, warning, info or debug (default info)") {
      (configuration, text) throws(InvalidSetting) in
      guard let level = LogLevel(name: text) else { throw .malformed }
      configuration.logLevel = level
    },
    Setting("log-format", "FORMAT", "text or json (default text)") {
      (configuration, text) throws(InvalidSetting) in
      guard let format = LogFormat(rawValue: text) else { throw .malformed }
      configuration.logFormat = format
    },
    Setting("policy", "FILE", "policy file, read again on SIGHUP (default: the built-in policy)") {
      $0.policyFile = $1
    },
    Setting(
      "metrics-file", "PATH",
      "write metrics to this file, NAME.prom, for a textfile collector"
    ) { $0.metricsFile = $1 },
    number(
      "metrics-interval", "SECONDS", "time between two writes of the metrics file (default 15)",
      1...86_400
    ) {
      $0.metricsIntervalNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "check-interval", "SECONDS",
      "time between two checks of the ledger (default 21600; 0: none)",
      0...31_536_000
    ) { $0.checkIntervalNanoseconds = $1 == 0 ? nil : Int64($1) * 1_000_000_000 },
    Setting(
      "ext-authz-remove-token", "BOOL",
      "remove tokens from the requests that Envoy forwards (default false)"
    ) {
      (configuration, text) throws(InvalidSetting) in
      guard let value = Bool(text) else { throw .malformed }
      configuration.removesToken = value
    },
    Setting(
      "ext-authz-trust-header", "NAME",
      "header that the proxy sets, such as x-original-uri; repeatable"
    ) { (configuration, text) throws(InvalidSetting) in
      guard let header = OverridingHeader(rawValue: text.lowercased()) else { throw .malformed }
      configuration.trustedHeaders.insert(header)
    },
    id("operator-uid", "user whose processes may do everything; repeatable") {
      $0.operatorUserIDs.insert($1)
    },
    userName("operator-user", "the same, by name; repeatable") { $0.operatorUserIDs.insert($1) },
    id("operator-gid", "group whose processes may do everything; repeatable") {
      $0.operatorGroupIDs.insert($1)
    },
    groupName("operator-group", "the same, by name; repeatable") {
      $0.operatorGroupIDs.insert($1)
    },
    id("issuer-uid", "user whose processes may issue any user token; repeatable") {
      $0.issuerUserIDs.insert($1)
    },
    userName("issuer-user", "the same, by name; repeatable") { $0.issuerUserIDs.insert($1) },
    id("issuer-gid", "group whose processes may issue any user token; repeatable") {
      $0.issuerGroupIDs.insert($1)
    },
    groupName("issuer-group", "the same, by name; repeatable") { $0.issuerGroupIDs.insert($1) },
    id("require-bearer-uid", "user whose processes have no rights without a token; repeatable") {
      $0.bearerUserIDs.insert($1)
    },
    userName("require-bearer-user", "the same, by name; repeatable") {
      $0.bearerUserIDs.insert($1)
    },
    id("require-bearer-gid", "group whose processes have no rights without a token; repeatable") {
      $0.bearerGroupIDs.insert($1)
    },
    groupName("require-bearer-group", "the same, by name; repeatable") {
      $0.bearerGroupIDs.insert($1)
    },
    number("max-connections", "N", "open connections (default 8192)", 1...1_000_000) {
      $0.limits.connections = $1
    },
    number(
      "reserved-connections", "N",
      "connections kept for root and operators (default 16; half at most)",
      0...1_000_000
    ) { $0.limits.reservedConnections = $1 },
    number(
      "max-connections-per-uid", "N", "open connections of one user (default 2048)", 1...1_000_000
    ) {
      $0.limits.connectionsPerUser = $1
    },
    number("max-calls-in-flight", "N", "open calls of one connection (default 1024)", 1...1_000_000)
    {
      $0.limits.framing.callsInFlight = $1
    },
    number("max-message-bytes", "N", "size of one message (default 4194304)", 1024...(64 << 20)) {
      $0.limits.framing.messageBytes = $1
    },
    // One value of HTTP/2 can't be longer, whatever is allowed to all of them.
    number(
      "max-header-bytes", "N", "metadata of one call (default 8192; 65536 at most)", 256...65_536
    ) {
      $0.limits.framing.headerBytes = $1
    },
    number(
      "max-output-bytes", "N", "unread answers of one connection (default 1048576)",
      65_536...(1 << 30)
    ) { $0.limits.outputBytes = $1 },
    number(
      "max-buffer-bytes", "N", "requests and answers of all connections (default 268435456)",
      (8 << 20)...(1 << 40)
    ) { $0.limits.bufferBytes = $1 },
    number(
      "max-decode-bytes", "N", "memory to decode one request (default 67108864)", 65_536...(1 << 30)
    ) {
      $0.limits.decode.bytes = $1
    },
    number("max-decode-depth", "N", "nesting of messages in a request (default 32)", 8...256) {
      $0.limits.decode.depth = $1
    },
    number("max-decode-fields", "N", "fields of one request (default 50000)", 100...10_000_000) {
      $0.limits.decode.fields = $1
    },
    number("max-page-size", "N", "items on a page (default 1000)", 1...100_000) {
      $0.limits.services.pageSize = $1
    },
    number(
      "max-tokens-per-user", "N", "tokens of one user (default 10000; 0: any number)",
      0...1_000_000_000
    ) {
      $0.limits.services.tokensPerUser = $1
    },
    number(
      "max-org-tokens", "N", "org tokens of one organization (default 10000; 0: any number)",
      0...1_000_000_000
    ) {
      $0.limits.services.orgTokens = $1
    },
    number("max-team-members", "N", "members of one team (default 10000)", 1...1_000_000) {
      $0.limits.services.teamMembers = $1
    },
    number("max-teams-per-user", "N", "teams of one user (default 1000)", 1...1_000_000) {
      $0.limits.services.teamsPerUser = $1
    },
    number("max-resource-writers", "N", "writers of one resource (default 1000)", 1...1_000_000) {
      $0.limits.services.resourceWriters = $1
    },
    number(
      "token-retention", "SECONDS",
      "time from a token's end to its removal (default 2592000; 0: never)",
      0...3_000_000_000
    ) { $0.limits.services.tokenRetentionNanoseconds = Int64($1) * 1_000_000_000 },
    number("max-exports", "N", "exports at once, one of them for operators (default 4)", 2...1000) {
      $0.limits.services.exports = $1
    },
    number(
      "max-waiting-commands", "N", "commands that wait for the writer (default 65536)",
      1...10_000_000
    ) {
      $0.limits.waitingCommands = $1
    },
    number(
      "max-waiting-bytes", "N", "size of the waiting commands together (default 67108864)",
      4096...(1 << 40)
    ) {
      $0.limits.waitingBytes = $1
    },
    number(
      "max-ledger-bytes", "N", "size of the ledger (default 68719476736)", (1 << 20)...(1 << 44)
    ) {
      $0.limits.ledgerBytes = $1 & ~4095
    },
    number(
      "max-usage-keys", "N", "token uses counted apart by a worker (default 16384; 0: none)",
      0...(1 << 24)
    ) {
      $0.limits.usageKeys = $1
    },
    number("usage-interval", "SECONDS", "time between two writes of usage (default 10)", 1...86_400)
    {
      $0.limits.usageIntervalNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "usage-retention", "DAYS", "how long usage by day is kept (default 35; 0: for ever)",
      0...36_500
    ) {
      $0.limits.usageRetentionDays = $1
    },
    number(
      "max-unfinished-queries", "N", "long queries of one user on one worker (default 64)", 1...1000
    ) {
      $0.limits.unfinishedQueries = $1
    },
    number(
      "turn-time", "MICROSECONDS", "time until a worker looks for new arrivals (default 1000)",
      1...1_000_000
    ) {
      $0.limits.turnNanoseconds = Int64($1) * 1000
    },
    number(
      "handshake-timeout", "SECONDS", "time to begin a protocol after connecting (default 5)",
      1...3600
    ) {
      $0.limits.handshakeNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "idle-timeout", "SECONDS", "silence without an open call (default 0: any)", 0...1_000_000
    ) {
      $0.limits.idleNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "stall-timeout", "SECONDS", "time without reading a waiting answer (default 60; 0: any)",
      0...1_000_000
    ) {
      $0.limits.stallNanoseconds = Int64($1) * 1_000_000_000
      // An export has an end all the same: it keeps an old revision alive.
      if $1 > 0 { $0.limits.services.exportStallNanoseconds = Int64($1) * 1_000_000_000 }
    },
    number(
      "drain-timeout", "SECONDS", "time for open calls when the daemon ends (default 10)", 0...3600
    ) {
      $0.limits.drainNanoseconds = Int64($1) * 1_000_000_000
    },
  ]

  private init(
    _ name: String, _ placeholder: String, _ summary: String,
    _ apply: @escaping @Sendable (inout Configuration, String) throws(InvalidSetting) -> Void
  ) {
    self.name = name
    self.placeholder = placeholder
    self.summary = summary
    self.apply = { (configuration, text) throws(InvalidSetting) in
      guard !text.isEmpty else { throw .malformed }
      try apply(&configuration, text)
    }
  }

  private static func number(
    _ name: String, _ placeholder: String, _ summary: String, radix: Int = 10,
    _ range: ClosedRange<Int>, _ apply: @escaping @Sendable (inout Configuration, Int) -> Void
  ) -> Setting {
    Setting(name, placeholder, summary) { (configuration, text) throws(InvalidSetting) in
      guard let value = Int(text, radix: radix), range.contains(value) else { throw .malformed }
      apply(&configuration, value)
    }
  }

  private static func toggle(
    _ name: String, _ summary: String,
    _ apply: @escaping @Sendable (inout Configuration, Bool) -> Void
  ) -> Setting {
    Setting(name, "", summary) { (configuration, text) throws(InvalidSetting) in
      guard let value = Bool(text) else { throw .malformed }
      apply(&configuration, value)
    }
  }

  private typealias ApplyID = @Sendable (inout Configuration, UInt32) -> Void

  private static func id(
    _ name: String, _ summary: String, _ apply: @escaping ApplyID
  ) -> Setting {
    Setting(name, "ID", summary) { (configuration, text) throws(InvalidSetting) in
      // The greatest number is the kernel's word for nobody.
      guard let value = UInt32(text), value != UInt32.max else { throw .malformed }
      apply(&configuration, value)
    }
  }

  private static func userName(
    _ name: String, _ summary: String, _ apply: @escaping ApplyID
  ) -> Setting {
    account(name, summary, AccountName.userID, apply)
  }

  private static func groupName(
    _ name: String, _ summary: String, _ apply: @escaping ApplyID
  ) -> Setting {
    account(name, summary, AccountName.groupID, apply)
  }

  private static func account(
    _ name: String, _ summary: String,
    _ find: @escaping @Sendable (String) throws(AccountNameError) -> UInt32,
    _ apply: @escaping ApplyID
  ) -> Setting {
    Setting(name, "NAME", summary) { (configuration, text) throws(InvalidSetting) in
      let value: UInt32
      do throws(AccountNameError) { value = try find(text) } catch { throw .account(error) }
      apply(&configuration, value)
    }
  }
}
