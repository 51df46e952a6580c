internal import EventLoop
internal import Fleet
internal import FleetStore
internal import Ledger
internal import Platform
internal import Services

/// How a host reaches its fleet, and what the threads that deal with the fleet share.
struct FleetAccess: Sendable {
  let connection: ConnectionString
  /// What rows are sealed with; nil for nothing.
  let key: FleetKey?
  /// The name of this machine, for people.
  let host: HostName
  let pollNanoseconds: Int64
  /// The newest format that this host takes.
  let format: UInt32
  /// This process: random, so that the copy of a machine is another member.
  let instance: InstanceID
  /// How the writer and the driver of the member reach each other.
  let link: FleetLink
  /// What an earlier process of this boot has left beside the data.
  let predecessor: FleetNote?

  /// Reads what the configuration says of a fleet; nil for none. Before that, it sets the ledger
  /// aside if the process before has asked for it.
  static func prepare(_ configuration: Configuration, log: Log) throws -> FleetAccess? {
    guard configuration.fleet.connection != nil else { return nil }
    do throws(Errno) {
      if let name = try LedgerSetAside.perform(in: configuration.dataFolder) {
        log.warning(
          "the ledger was set aside: all is taken from the fleet's log",
          [("data", configuration.dataFolder), ("folder", name)])
      }
    } catch {
      throw ConfigurationError(
        "the ledger in `\(configuration.dataFolder)` can't be set aside as was asked for: \(error)")
    }
    return try FleetAccess(configuration)
  }

  /// Reads what the configuration says of a fleet; nil for none.
  init?(_ configuration: Configuration) throws {
    let settings = configuration.fleet
    guard let text = settings.connection else { return nil }
    do throws(FleetStoreError) { connection = try ConnectionString(text) } catch {
      throw ConfigurationError("`--fleet`: \(error)")
    }
    do throws(FleetStoreError) {
      key = try settings.keyFile.map { path throws(FleetStoreError) in try FleetKey(path: path) }
    } catch {
      throw ConfigurationError("`--fleet-key`: \(error)")
    }
    host = try settings.hostName()
    pollNanoseconds = settings.pollNanoseconds
    format = settings.format
    instance = InstanceID(high: SystemRandom.number(), low: SystemRandom.number())
    link = FleetLink(mailbox: try Mailbox(), host: host)
    predecessor = FleetNote(folder: configuration.dataFolder, bootID: BootID.read())
  }

  func makeStore(on loop: EventLoop) throws(Errno) -> FleetStore {
    try FleetStore(connection, key: key, on: loop)
  }

  /// The host's member. It goes on with the lease of the process before, for as long as that lasts.
  func makeMember(of ledger: Ledger, clock: inout SystemHostClock) -> Member {
    let identity = Member.Identity(
      instance: instance, host: String(decoding: host.bytes, as: UTF8.self),
      format: format,
      fleet: ledger.fleetID, predecessors: predecessor.map { [$0.instance] } ?? [])
    var settings = Member.Settings()
    settings.pollNanoseconds = pollNanoseconds
    let remaining = predecessor?.leaseEnd.remainingNanoseconds ?? 0
    return Member(
      identity, settings: settings, applied: ledger.newestHead.position,
      leaseUntilNanoseconds: remaining > 0 && ledger.fleetID != nil
        ? clock.read() + remaining : nil)
  }

  /// The lease of the process before, if it was a member of the same fleet.
  func lease(of ledger: Ledger) -> FleetLease {
    FleetLease(
      until: ledger.fleetID == nil ? .never : predecessor?.leaseEnd ?? .never, on: ledger.epochs)
  }
}

/// The host's clock of the member, see `HostClock`.
struct SystemHostClock {
  private var clock = HostClock(
    boottimeNanoseconds: Clock.bootNanoseconds(), rawNanoseconds: Clock.rawMonotonicNanoseconds())

  mutating func read() -> Int64 {
    clock.read(
      boottimeNanoseconds: Clock.bootNanoseconds(), rawNanoseconds: Clock.rawMonotonicNanoseconds())
  }
}
