package import Ledger
internal import Platform

/// How the daemon takes part in a fleet.
package struct FleetSettings: Sendable, Equatable {
  /// Where the database is, as libpq reads it; nil without a fleet. It holds no password.
  package var connection: String?
  /// The file with the key that seals the log's rows; nil: they are not sealed.
  package var keyFile: String?
  /// The time between two polls. Default: 100 ms.
  package var pollNanoseconds: Int64 = 100_000_000
  /// What the machine is called in the fleet; nil for its own name.
  package var host: HostName?
  /// The newest format of the log that this host takes. Default: what this version reads.
  package var format = EntryFormat.newest

  /// The setting that needs `--fleet` beside it; nil if none was given.
  var lonely: String? {
    guard connection == nil else { return nil }
    let defaults = FleetSettings()
    if keyFile != nil { return "fleet-key" }
    if host != nil { return "fleet-host" }
    if format != defaults.format { return "fleet-format" }
    return pollNanoseconds != defaults.pollNanoseconds ? "fleet-poll" : nil
  }

  /// What the machine is called in the fleet.
  package func hostName() throws(ConfigurationError) -> HostName {
    if let host { return host }
    guard let name = HostName(ProcessControl.machineName.utf8) else {
      throw ConfigurationError(
        "the machine has no name: set one for the fleet with `--fleet-host`")
    }
    return name
  }
}
