package import Ledger
internal import Platform
package import Services

/// How the daemon runs: flags over the configuration file over defaults.
package struct Configuration: Sendable {
  package var socketPath: String
  /// The mode of a socket that the daemon makes. Default: 0660.
  package var socketMode: UInt32?
  package var dataFolder: String
  /// How the daemon takes part in a fleet. Default: not.
  package var fleet = FleetSettings()
  package var workers: Int
  /// Takes the place of a daemon that runs on the same data, if one does.
  package var takesOver = false
  /// Starts an empty ledger even if there was one.
  package var createsLedger = false
  /// The acknowledged revisions that an older copy of the ledger may lack; nil for none.
  package var lostRevisions: LostRevisions?
  /// Keeps the tokens of such a copy valid.
  package var keepsTokens = false
  package var logLevel = LogLevel.info
  package var logFormat = LogFormat.text
  /// Users whose processes may do everything. Default: root and the daemon's own user.
  package var operatorUserIDs: Set<UInt32>
  package var operatorGroupIDs: Set<UInt32> = []
  /// Users whose processes may issue user tokens for anyone.
  package var issuerUserIDs: Set<UInt32> = []
  package var issuerGroupIDs: Set<UInt32> = []
  /// Who may ask about the requests that it proxies, over HTTP/1.1.
  package var proxyUserIDs: Set<UInt32> = []
  package var proxyGroupIDs: Set<UInt32> = []
  /// Users whose processes have no rights of their own, even if another setting gives them a role:
  /// for proxies and front ends, whose callers all come with their user.
  package var bearerUserIDs: Set<UInt32> = []
  package var bearerGroupIDs: Set<UInt32> = []
  /// The policy file, which adds to the built-in policy; nil for none.
  package var policyFile: String?
  /// The time between two checks of the whole ledger; nil for no checks.
  package var checkIntervalNanoseconds: Int64? = 21_600_000_000_000
  /// Whether the whole ledger must have passed a check before anything is answered from it.
  package var checksBeforeServing = false
  /// Whether the tables are made anew from the log before anything is answered from them.
  package var rebuildsTables = false
  /// The metrics file; nil for none.
  package var metricsFile: String?
  package var metricsIntervalNanoseconds: Int64 = 15_000_000_000
  /// Whether Envoy is told to take the token out of a request that it lets through. Default: false.
  package var removesToken = false
  /// The headers that override method and path, and that the proxy itself sets. Default: none.
  package var trustedHeaders: Set<OverridingHeader> = []
  package var limits = Limits()

  /// The defaults, as the process's user and its environment make them.
  package init(environment: [String: String]) {
    let isRoot = ProcessControl.userID == 0
    let home = environment["HOME"] ?? "/nonexistent"
    let runtime = environment["XDG_RUNTIME_DIR"] ?? "\(home)/.local/run"
    let state = environment["XDG_STATE_HOME"] ?? "\(home)/.local/state"
    socketPath = (isRoot ? "/run" : runtime) + "/postern/postern.sock"
    dataFolder = isRoot ? "/var/lib/postern" : state + "/postern"
    workers = max(1, ProcessControl.availableCores)
    operatorUserIDs = [0, ProcessControl.userID]
  }
}

/// Why the daemon can't be configured or started, as one sentence that says what to do next.
package struct ConfigurationError: Error, Sendable {
  package let message: String

  package init(_ message: String) { self.message = message }
}
