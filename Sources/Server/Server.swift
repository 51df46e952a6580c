// Everything that `posternd` does: claims its folder and its socket, starts the writer and the
// workers, accepts connections on the main thread, and on SIGTERM or SIGINT drains and ends.

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
  /// The version of the daemon.
  package static let version = "0.1.0"

  /// Serves until a signal ends it; every call that was taken is answered before this returns.
  package static func run(_ configuration: Configuration) throws(ConfigurationError) {
    do {
      // Before any thread starts, so that all of them leave the signals to the loop.
      let signals = try SignalDescriptor(blocking: [SIGTERM, SIGINT])
      try ProcessControl.ignoreBrokenPipeSignal()
      try ProcessControl.disableCoreDumps()
      try ProcessControl.raiseDescriptorLimit()
      try run(configuration, signals)
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError("\(error)")
    }
  }

  private static func run(_ configuration: Configuration, _ signals: consuming SignalDescriptor)
    throws
  {
    let log = Log(level: configuration.logLevel)
    try PrivateDirectory.create(path: configuration.dataFolder)
    let dataLock = try LockFile(path: configuration.dataFolder + "/lock")
    try createParent(of: configuration.socketPath)
    let socketLock = try LockFile(path: configuration.socketPath + ".lock")
    let ledger = try Ledger(
      folder: configuration.dataFolder, mapSizeBytes: configuration.limits.ledgerBytes,
      readers: configuration.workers + 8)
    let listener = try UnixListener(
      path: configuration.socketPath, mode: configuration.socketMode)

    let metrics = ServerMetrics(
      workerCount: configuration.workers, methodCount: Method.allCases.count)
    let status = ServingStatus(
      version: version, startedAtNanoseconds: Clock.wallNanoseconds(),
      workerCount: configuration.workers, processID: ProcessControl.processID,
      metrics: metrics, ledgerBytes: { ledger.statistics.usedBytes })
    let services = PosternServices(
      policy: .builtIn, status: status, limits: configuration.limits.services)
    let threads = try Threads(configuration, ledger, services, log)

    let loop = try EventLoop()
    let acceptor = try Acceptor(
      loop, listener, configuration, threads.workerMailboxes, threads.census, log)
    let watcher = try SignalWatcher(signals, on: loop) { signal in
      log.write(
        .info, "stopping",
        [("signal", "\(signal.number)"), ("sender_pid", "\(signal.senderProcessID)")])
      loop.stop()
    }
    log.write(
      .info, "serving",
      [
        ("socket", configuration.socketPath), ("data", configuration.dataFolder),
        ("revision", "\(ledger.published.load(ordering: .relaxed))"),
        ("workers", "\(configuration.workers)"), ("pid", "\(ProcessControl.processID)"),
      ])
    try loop.run()

    status.isDraining.store(true, ordering: .relaxed)
    acceptor.stop()
    threads.drain()
    log.write(
      .info, "stopped", [("revision", "\(ledger.published.load(ordering: .relaxed))")])
    withExtendedLifetime((watcher, acceptor)) {}
    _ = consume dataLock
    _ = consume socketLock
  }

  private static func createParent(of path: String) throws {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    // Others may pass through to the socket, which has a mode of its own.
    try PrivateDirectory.create(path: String(path[..<slash]), mode: 0o755)
  }
}
