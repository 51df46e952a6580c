internal import Ledger
internal import Messages
internal import Platform
internal import RPC
internal import Services

extension Setting {
  /// Every setting, in the order of `--help`.
  static let all: [Setting] = [
    Setting("socket PATH", help: "the Unix socket to serve on") { $0.socketPath = $1 },
    number("socket-mode OCTAL", in: 0...0o777, radix: 8, help: "mode of the socket (default 0660)")
    {
      $0.socketMode = UInt32($1)
    },
    Setting("data DIR", help: "folder of the ledger, made with mode 0700 if it is missing") {
      $0.dataFolder = $1
    },
    toggle("take-over", help: "replace the daemon on this data folder, and take its sockets") {
      $0.takesOver = $1
    },
    toggle("create", help: "start an empty ledger where the old one is gone; give it once") {
      $0.createsLedger = $1
    },
    Setting(
      "lose-revisions N", help: "accept an old copy that lacks N revisions, or `unknown`; once"
    ) {
      (configuration, text) throws(InvalidSetting) in
      if text == LostRevisions.unknownWord {
        configuration.lostRevisions = .unknown
      } else {
        guard let count = UInt64(text), count > 0 else { throw .malformed }
        configuration.lostRevisions = .count(count)
      }
    },
    toggle("keep-tokens", help: "with --lose-revisions: don't revoke every token of the copy") {
      $0.keepsTokens = $1
    },
    Setting(
      "fleet CONNECTION",
      help: "the fleet's PostgreSQL: key=value ... or a URI, no password"
    ) { $0.fleet.connection = $1 },
    Setting(
      "fleet-key FILE", help: "seals the fleet's log (`openssl rand -hex 32`)"
    ) {
      $0.fleet.keyFile = $1
    },
    number(
      "fleet-poll MILLISECONDS", in: 10...60_000,
      help: "time between two polls of the fleet (default 100)"
    ) { $0.fleet.pollNanoseconds = Int64($1) * 1_000_000 },
    Setting("fleet-host NAME", help: "the machine's name in the fleet (default: its own)") {
      (configuration, text) throws(InvalidSetting) in
      guard let name = HostName(text.utf8) else { throw .malformed }
      configuration.fleet.host = name
    },
    number(
      "fleet-format N", in: 1...Int(EntryFormat.newest),
      help: "keep the fleet's log at this format, to be able to go back"
    ) { $0.fleet.format = UInt32($1) },
    number(
      "workers N", in: 1...256,
      help: "threads that serve connections (default: the number of cores)"
    ) { $0.workers = $1 },
    Setting("log-level LEVEL", help: "error, warning, info or debug (default info)") {
      (configuration, text) throws(InvalidSetting) in
      guard let level = LogLevel(name: text) else { throw .malformed }
      configuration.logLevel = level
    },
    Setting("log-format FORMAT", help: "text or json (default text)") {
      (configuration, text) throws(InvalidSetting) in
      guard let format = LogFormat(rawValue: text) else { throw .malformed }
      configuration.logFormat = format
    },
    Setting("policy FILE", help: "policy file, read again on SIGHUP (default: the built-in policy)")
    {
      $0.policyFile = $1
    },
    Setting(
      "metrics-file PATH", help: "write metrics to this file, NAME.prom, for a textfile collector"
    ) { $0.metricsFile = $1 },
    number(
      "metrics-interval SECONDS", in: 1...86_400,
      help: "time between two writes of the metrics file (default 15)"
    ) {
      $0.metricsIntervalNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "check-interval SECONDS", in: 0...31_536_000,
      help: "time between two checks of the ledger (default 21600; 0: none)"
    ) { $0.checkIntervalNanoseconds = $1 == 0 ? nil : Int64($1) * 1_000_000_000 },
    toggle(
      "check-before-serving",
      help: "serve only once the whole ledger agrees with its log"
    ) { $0.checksBeforeServing = $1 },
    toggle("rebuild-tables", help: "make the tables anew from the log before serving; once") {
      $0.rebuildsTables = $1
    },
    Setting(
      "ext-authz-remove-token BOOL",
      help: "remove tokens from the requests that Envoy forwards (default false)"
    ) {
      (configuration, text) throws(InvalidSetting) in
      guard let value = Bool(text) else { throw .malformed }
      configuration.removesToken = value
    },
    Setting(
      "ext-authz-trust-header NAME",
      help: "header that the proxy sets, such as x-original-uri; repeatable"
    ) { (configuration, text) throws(InvalidSetting) in
      guard let header = OverridingHeader(rawValue: text.lowercased()) else { throw .malformed }
      configuration.trustedHeaders.insert(header)
    },
    id("operator-uid ID", help: "user whose processes may do everything; repeatable") {
      $0.operatorUserIDs.insert($1)
    },
    userName("operator-user NAME", help: "the same, by name; repeatable") {
      $0.operatorUserIDs.insert($1)
    },
    id("operator-gid ID", help: "group whose processes may do everything; repeatable") {
      $0.operatorGroupIDs.insert($1)
    },
    groupName("operator-group NAME", help: "the same, by name; repeatable") {
      $0.operatorGroupIDs.insert($1)
    },
    id("issuer-uid ID", help: "user whose processes may issue any user token; repeatable") {
      $0.issuerUserIDs.insert($1)
    },
    userName("issuer-user NAME", help: "the same, by name; repeatable") {
      $0.issuerUserIDs.insert($1)
    },
    id("issuer-gid ID", help: "group whose processes may issue any user token; repeatable") {
      $0.issuerGroupIDs.insert($1)
    },
    groupName("issuer-group NAME", help: "the same, by name; repeatable") {
      $0.issuerGroupIDs.insert($1)
    },
    id("proxy-uid ID", help: "user of a proxy that asks by /forward-auth; repeatable") {
      $0.proxyUserIDs.insert($1)
    },
    userName("proxy-user NAME", help: "the same, by name; repeatable") {
      $0.proxyUserIDs.insert($1)
    },
    id("proxy-gid ID", help: "group of a proxy that asks by /forward-auth; repeatable") {
      $0.proxyGroupIDs.insert($1)
    },
    groupName("proxy-group NAME", help: "the same, by name; repeatable") {
      $0.proxyGroupIDs.insert($1)
    },
    id(
      "require-bearer-uid ID",
      help: "user whose processes have no rights without a token; repeatable"
    ) {
      $0.bearerUserIDs.insert($1)
    },
    userName("require-bearer-user NAME", help: "the same, by name; repeatable") {
      $0.bearerUserIDs.insert($1)
    },
    id(
      "require-bearer-gid ID",
      help: "group whose processes have no rights without a token; repeatable"
    ) {
      $0.bearerGroupIDs.insert($1)
    },
    groupName("require-bearer-group NAME", help: "the same, by name; repeatable") {
      $0.bearerGroupIDs.insert($1)
    },
    number("max-connections N", in: 1...1_000_000, help: "open connections (default 8192)") {
      $0.limits.connections = $1
    },
    number(
      "reserved-connections N", in: 0...1_000_000,
      help: "connections kept for root and operators (default 16; half at most)"
    ) { $0.limits.reservedConnections = $1 },
    number(
      "max-connections-per-uid N", in: 1...1_000_000,
      help: "open connections of one user (default 2048)"
    ) {
      $0.limits.connectionsPerUser = $1
    },
    number(
      "max-calls-in-flight N", in: 1...1_000_000,
      help: "open calls of one connection (default 1024)"
    ) {
      $0.limits.framing.callsInFlight = $1
    },
    number(
      "max-message-bytes N", in: 1024...(64 << 20), help: "size of one message (default 4194304)"
    ) {
      $0.limits.framing.messageBytes = $1
    },
    // HTTP/2 can't carry a longer value.
    number(
      "max-header-bytes N", in: 256...65_536,
      help: "metadata of one call (default 8192; 65536 at most)"
    ) {
      $0.limits.framing.headerBytes = $1
    },
    number(
      "max-output-bytes N", in: 65_536...(1 << 30),
      help: "unread answers of one connection (default 1048576)"
    ) { $0.limits.outputBytes = $1 },
    number(
      "max-buffer-bytes N", in: (8 << 20)...(1 << 40),
      help: "requests and answers of all connections (default 268435456)"
    ) { $0.limits.bufferBytes = $1 },
    number(
      "max-decode-bytes N", in: 65_536...(1 << 30),
      help: "memory to decode one request (default 67108864)"
    ) {
      $0.limits.decode.bytes = $1
    },
    number("max-decode-depth N", in: 8...256, help: "nesting of messages in a request (default 32)")
    {
      $0.limits.decode.depth = $1
    },
    number(
      "max-decode-fields N", in: 100...10_000_000, help: "fields of one request (default 50000)"
    ) {
      $0.limits.decode.fields = $1
    },
    number("max-page-size N", in: 1...100_000, help: "items on a page (default 1000)") {
      $0.limits.services.pageSize = $1
    },
    number(
      "max-tokens-per-user N", in: 0...1_000_000_000,
      help: "tokens of one user (default 10000; 0: any number)"
    ) {
      $0.limits.services.tokensPerUser = $1
    },
    number(
      "max-org-tokens N", in: 0...1_000_000_000,
      help: "org tokens of one organization (default 10000; 0: any number)"
    ) {
      $0.limits.services.orgTokens = $1
    },
    number("max-team-members N", in: 1...1_000_000, help: "members of one team (default 10000)") {
      $0.limits.services.teamMembers = $1
    },
    number("max-teams-per-user N", in: 1...1_000_000, help: "teams of one user (default 1000)") {
      $0.limits.services.teamsPerUser = $1
    },
    number(
      "max-resource-writers N", in: 1...1_000_000, help: "writers of one resource (default 1000)"
    ) {
      $0.limits.services.resourceWriters = $1
    },
    number(
      "token-retention SECONDS", in: 0...3_000_000_000,
      help: "time from a token's end to its removal (default 2592000; 0: never)"
    ) { $0.limits.services.tokenRetentionNanoseconds = Int64($1) * 1_000_000_000 },
    number(
      "max-exports N", in: 2...1000, help: "exports at once, one of them for operators (default 4)"
    ) {
      $0.limits.services.exports = $1
    },
    number(
      "max-waiting-commands N", in: 1...10_000_000,
      help: "commands that wait for the writer (default 65536)"
    ) {
      $0.limits.waitingCommands = $1
    },
    number(
      "max-waiting-bytes N", in: 4096...(1 << 40),
      help: "size of the waiting commands together (default 67108864)"
    ) {
      $0.limits.waitingBytes = $1
    },
    number(
      "max-fleet-waits N", in: 1...1_000_000,
      help: "answers that wait for the whole fleet (default 4096)"
    ) {
      $0.limits.fleetWaits = $1
    },
    number(
      "max-ledger-bytes N", in: (1 << 20)...(1 << 44),
      help: "size of the ledger (default 68719476736)"
    ) {
      $0.limits.ledgerBytes = $1 & ~4095
    },
    number(
      "max-usage-keys N", in: 0...(1 << 24),
      help: "token uses counted apart by a worker (default 131072; 0: none)"
    ) {
      $0.limits.usageKeys = $1
    },
    number(
      "token-cache-bytes N", in: 0...(1 << 40),
      help: "tokens kept in memory by all workers (default 134217728; 0: none)"
    ) {
      $0.limits.tokenCacheBytes = $1
    },
    number(
      "usage-interval SECONDS", in: 1...86_400,
      help: "time between two writes of usage (default 10)"
    ) {
      $0.limits.usageIntervalNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "usage-retention DAYS", in: 0...36_500,
      help: "how long usage by day is kept (default 35; 0: for ever)"
    ) {
      $0.limits.usageRetentionDays = $1
    },
    number(
      "max-unfinished-queries N", in: 1...1000,
      help: "long queries of one user on one worker (default 64)"
    ) {
      $0.limits.unfinishedQueries = $1
    },
    number(
      "query-time MILLISECONDS", in: 1...600_000,
      help: "time until a long query is refused as out of date (default 10000)"
    ) {
      $0.limits.services.queryNanoseconds = Int64($1) * 1_000_000
    },
    number(
      "turn-time MICROSECONDS", in: 1...1_000_000,
      help: "time until a worker looks for new arrivals (default 1000)"
    ) {
      $0.limits.turnNanoseconds = Int64($1) * 1000
    },
    number(
      "handshake-timeout SECONDS", in: 1...3600,
      help: "time to begin a protocol after connecting (default 5)"
    ) {
      $0.limits.handshakeNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "idle-timeout SECONDS", in: 0...1_000_000,
      help: "silence without an open call (default 0: any)"
    ) {
      $0.limits.idleNanoseconds = Int64($1) * 1_000_000_000
    },
    number(
      "stall-timeout SECONDS", in: 0...1_000_000,
      help: "time without reading a waiting answer (default 60; 0: any)"
    ) {
      $0.limits.stallNanoseconds = Int64($1) * 1_000_000_000
      // With 0 an export still has a limit: it keeps an old revision alive.
      if $1 > 0 { $0.limits.services.exportStallNanoseconds = Int64($1) * 1_000_000_000 }
    },
    number(
      "drain-timeout SECONDS", in: 0...3600,
      help: "time for open calls when the daemon ends (default 10)"
    ) {
      $0.limits.drainNanoseconds = Int64($1) * 1_000_000_000
    },
  ]
}
