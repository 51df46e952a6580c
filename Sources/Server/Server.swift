// Everything that `posternd` does: locks its folder and its socket, starts the writer and the
// workers, accepts connections on the main thread, reloads its policy on SIGHUP, and drains and
// ends on SIGTERM or SIGINT, or when another daemon takes its place.

internal import EpochPage
internal import EventLoop
internal import Glibc
internal import Ledger
internal import Metrics
internal import Permissions
internal import Platform
internal import Services
internal import Synchronization

/// A running daemon, on the thread that calls `run`.
package enum Server {
  /// Serves until a signal ends it; every call that was taken is answered before this returns.
  package static func run(_ configuration: Configuration) throws(ConfigurationError) {
    try configuration.checkRoles()
    do {
      let log = try Log(level: configuration.logLevel, format: configuration.logFormat)
      defer { log.finish() }
      // Before any thread starts, since the environment has no lock.
      let supervisor = Supervisor(log)
      let sockets = try SocketActivation.takeSockets()
      // Before any thread starts, so that all of them leave the signals to the loop.
      let signals = try SignalDescriptor(blocking: [SIGTERM, SIGINT, SIGHUP])
      try log.start()
      try ProcessControl.ignoreBrokenPipeSignal()
      try ProcessControl.ignoreFileSizeSignal()
      try ProcessControl.disableCoreDumps()
      var configuration = configuration
      configuration.limits.descriptors = Int(
        clamping: try ProcessControl.raiseDescriptorLimit())
      warn(of: configuration.limits, log: log)
      try run(
        configuration, signals: signals, sockets: sockets, supervisor: supervisor, log: log)
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError("\(error)")
    }
  }

  private static func run(
    _ configuration: Configuration, signals: consuming SignalDescriptor,
    sockets: [InheritedSocket], supervisor: Supervisor, log: Log
  ) throws {
    try PrivateDirectory.create(path: configuration.dataFolder)
    let loop = try EventLoop()
    // Before another daemon is told to end for this one.
    let policy = try PolicyStart.read(configuration.policyFile)
    guard
      let locks = try takeLocks(configuration, signals: signals, sockets: sockets, log: log)
    else { return }
    try settleLedger(in: configuration.dataFolder, log)
    guard try CheckBeforeServing(configuration, supervisor, log: log).run(signals) else { return }
    let access = try FleetAccess.prepare(configuration, log: log)
    let epochs = makeEpochs(isInFleet: access != nil, log)
    // However this ends, before another daemon gets the locks: no kept answer is used any more.
    defer { epochs?.close() }
    let start = LedgerStart(
      configuration: configuration, log: log, isInFleet: access != nil, epochs: epochs)
    let (ledger, host) =
      try access.map { try FleetStart(access: $0, log: log).open(start) }
      ?? start.open()
    if access != nil { try ledger.beginCheckpoints() }
    let clock = try WatchedClock(of: ledger, host, log: log)
    let metrics = ServerMetrics(
      workerCount: configuration.workers, methodCount: Method.allCases.count)
    let listening = SocketListener.Context(names: metrics.socketNames, loop: loop, log: log)
    let listeners = try ServedSockets(
      inherited: sockets, taken: locks.taken, configuration, listening)

    let membership = access.map { access in
      FleetMembership(
        instance: access.instance, lease: access.lease(of: ledger),
        control: DatabaseFleetControl(access: access, ledger: ledger, log: log),
        demand: { access.link.mailbox.post(.demand) })
    }
    let status = ServingStatus(
      version: Release.version, clock: clock.clock,
      workerCount: configuration.workers, processID: ProcessControl.processID,
      metrics: metrics, ledgerBytes: { ledger.statistics.usedBytes },
      ledgerLimitBytes: configuration.limits.ledgerBytes,
      readerLag: { ledger.readerLag }, isLedgerDistrusted: { ledger.isDistrusted },
      lostLogLines: { log.lostLines },
      hostFileRenewals: { host.renewals.load(ordering: .relaxed) },
      isSupervised: supervisor.isThere, epochs: epochs, fleet: membership)
    let services = PosternServices(
      status: status, limits: configuration.limits.services, pageKey: ledger.pageKey,
      removesToken: configuration.removesToken, trustedHeaders: configuration.trustedHeaders)
    try PolicyStart.adopt(policy, in: ledger, by: services, isMember: access != nil, log: log)
    if access == nil { try FormatStart.raise(ledger, clock.clock, log: log) }
    let context = DaemonContext(
      ledger: ledger, services: services, limits: configuration.limits, log: log)
    let threads = try Threads(context, clock, access: access, configuration: configuration)
    try serve(
      context, configuration, host: host, threads: threads, listeners: listeners,
      listening: listening, signals: signals, supervisor: supervisor, on: loop)
    locks.holdUntilExit()
    try requireWanted(end: status)
  }

  private static func settleLedger(in folder: String, _ log: Log) throws {
    guard try Ledger.settle(in: folder) else { return }
    log.warning(
      "the machine stopped before the ledger's last changes were on the disk: they come again"
        + " from the fleet's log", [("data", folder)])
  }

  /// Throws why the daemon ended, if nobody told it to.
  private static func requireWanted(end status: ServingStatus) throws {
    if status.isLedgerDistrusted() {
      throw ConfigurationError(
        "the ledger's tables are not what its log says: the next start makes them anew")
    }
    if status.isLedgerFailed.load(ordering: .relaxed) {
      throw ConfigurationError("the ledger could not be written; see the log")
    }
    if status.fleet?.isToStartAgain == true {
      throw ConfigurationError("ended to be started again; see the log")
    }
  }

  /// Accepts connections until a signal or another daemon ends the loop, and then ends the threads,
  /// which answer what was taken.
  private static func serve(
    _ context: DaemonContext, _ configuration: Configuration, host: HostKeeper,
    threads: Threads, listeners: ServedSockets, listening: SocketListener.Context,
    signals: consuming SignalDescriptor, supervisor: Supervisor, on loop: EventLoop
  ) throws {
    let (ledger, log) = (context.ledger, context.log)
    let acceptor = try Acceptor(listeners, configuration, threads: threads, log: log)
    let serving = "serving on \(listeners.paths)"
    let reload = try PolicyReload(
      context, threads: threads, supervisor: supervisor, status: serving, on: loop)
    let watcher = try SignalWatcher(signals, on: loop) { signal in
      if signal.number == SIGHUP { return reload.begin(signal) }
      log.info(
        "stopping",
        [("signal", "\(signal.number)"), ("sender_pid", "\(signal.senderProcessID)")])
      loop.stop()
    }
    let watchdog = try supervisor.watchdogNanoseconds.map { period in
      try Watchdog(
        threads.probes, on: loop, periodNanoseconds: period, log: log, alive: supervisor.alive)
    }
    let metricsFile = try configuration.metricsFile.map { path in
      try MetricsFile(
        context, path: path, everyNanoseconds: configuration.metricsIntervalNanoseconds, on: loop)
    }
    let checker = configuration.checkIntervalNanoseconds.map { interval in
      LedgerChecker(context, host, everyNanoseconds: interval, on: loop)
    }
    try checker?.listen()
    let control = ControlSocket.open(
      configuration, listening,
      listeners: { listeners.all.compactMap(\.handed) },
      end: {
        acceptor.leave()
        loop.stop()
      })
    log.info(
      "serving",
      [
        ("socket", listeners.paths), ("data", configuration.dataFolder),
        ("revision", "\(ledger.published.load(ordering: .relaxed))"),
        ("workers", "\(configuration.workers)"), ("pid", "\(ProcessControl.processID)"),
      ])
    supervisor.ready(serving)
    try loop.run()

    supervisor.ending(successor: control?.successor)
    control?.close()
    let status = context.services.status
    status.isDraining.store(true, ordering: .relaxed)
    // A daemon that waits to take over would wait too long for a copy.
    status.longReaders.copying.stop()
    acceptor.stop()
    metricsFile?.stop()
    checker?.stop()
    threads.drain()
    log.info("stopped", [("revision", "\(ledger.published.load(ordering: .relaxed))")])
    withExtendedLifetime((watcher, acceptor, watchdog, control, reload)) {}
  }

  /// The page by which clients keep answers. It is not essential: without it they ask each time.
  private static func makeEpochs(isInFleet: Bool, _ log: Log) -> EpochPage? {
    do throws(EpochPageError) { return try EpochPage(hasLease: isInFleet) } catch {
      log.warning("clients can't keep answers", [("reason", "\(error)")])
      return nil
    }
  }

  /// Warns that descriptors bound connections before `--max-connections` does.
  private static func warn(of limits: Limits, log: Log) {
    guard limits.possibleConnections < limits.connections else { return }
    log.warning(
      "there are fewer descriptors than connections are allowed: raise RLIMIT_NOFILE",
      [
        ("max-connections", "\(limits.connections)"), ("descriptors", "\(limits.descriptors)"),
        ("connections-besides-operators", "\(limits.openConnections)"),
      ])
  }

  /// Takes what the daemon has to hold before it opens the ledger, from the one that runs if it is
  /// to take over. Nil when a signal came before the running one was told to end.
  private static func takeLocks(
    _ configuration: Configuration, signals: borrowing SignalDescriptor,
    sockets: [InheritedSocket], log: Log
  ) throws -> StartLocks? {
    guard configuration.takesOver, let takeOver = try TakeOver.begin(configuration, log: log) else {
      return try StartLocks(configuration, inherited: sockets, takeOver: nil)
    }
    if let signal = try signals.next(), signal.number != SIGHUP {
      log.info("stopped before taking over", [("signal", "\(signal.number)")])
      return nil
    }
    try takeOver.go(log: log)
    return try StartLocks(configuration, inherited: sockets, takeOver: takeOver)
  }
}
