internal import EventLoop
internal import Ledger
internal import Messages
internal import Metrics
internal import Platform
internal import RPC
internal import Services

/// The threads beside the main one: the workers, the writer, which also drives the fleet's member,
/// those in the background, and that of the host file.
final class Threads {
  let workers: [WorkerLink]
  let census: ConnectionCensus
  private let routes: CommandRoutes
  private let host: Mailbox<HostMessage>
  private let workerThreads: [JoinableThread]
  private let writerThread: JoinableThread
  private let backgroundThread: JoinableThread
  private let hostThread: JoinableThread

  init(
    _ context: DaemonContext, _ watched: WatchedClock, access: FleetAccess?,
    configuration: Configuration
  ) throws {
    let (limits, log) = (context.limits, context.log)
    var links: [WorkerLink] = []
    for _ in 0..<configuration.workers { links.append(try WorkerLink()) }
    let workers = links
    let maximumBytes = (name: "max-waiting-bytes", count: limits.waitingBytes)
    let routes = CommandRoutes(
      writer: try Mailbox(),
      quota: CommandQuota(
        maximumCount: ("max-waiting-commands", limits.waitingCommands), maximumBytes: maximumBytes),
      background: BackgroundQueue(
        mailbox: try Mailbox(),
        quota: CommandQuota(
          maximumCount: ("waiting-tasks", BackgroundAnswers.maximumWaiting),
          maximumBytes: maximumBytes)),
      policyFile: try Mailbox())
    let census = ConnectionCensus(context.services.status)
    // What a thread waits with is opened here: a daemon that serves has what all of its loops need,
    // and one that can't have it says so before it serves.
    func start(
      _ name: String, _ body: sending @escaping (EventLoop) throws -> Void
    ) throws -> JoinableThread {
      let loop = try EventLoop()
      return try JoinableThread(name: name) { Self.run(name, log: log) { try body(loop) } }
    }

    _ = try start("policy") { loop in
      let loader = PolicyLoader(
        path: configuration.policyFile, on: loop, writer: routes.writer,
        status: context.services.status, log: log)
      try BackgroundThread(routes.policyFile, on: loop, perform: loader.perform).run()
    }
    writerThread = try start("writer") { loop in
      let writer = try Writer(
        context, watched, routes: routes, workers: workers, fleet: access?.link, on: loop)
      guard let access, let membership = context.services.status.fleet else {
        return try writer.run()
      }
      let driver = try MemberDriver(
        context, access, membership: membership, writer: routes.writer, on: loop)
      driver.begin()
      try writer.run()
      // No call is answered any more: the other members need not wait for this one.
      try driver.finish()
    }
    backgroundThread = try start("background") { loop in
      let answers = try BackgroundAnswers(context, workers: workers, routes: routes)
      try BackgroundThread(routes.background.mailbox, on: loop, perform: answers.perform).run()
    }
    var threads: [JoinableThread] = []
    for (index, link) in workers.enumerated() {
      threads.append(
        try start("worker-\(index)") { loop in
          try Worker(
            context, index: index, link: link, routes: routes, census: census, on: loop
          ).run()
        })
    }
    hostThread = try start("host") { loop in try HostWriter(context, watched, on: loop).run() }
    workerThreads = threads
    host = watched.mailbox
    self.workers = workers
    self.routes = routes
    self.census = census
  }

  /// For each thread what asks it for a sign of life, through the mailbox that its work comes
  /// through. Not those in the background, which are silent for as long as one call takes.
  var probes: [(part: String, ask: Watchdog.Probe)] {
    let writer: (part: String, ask: Watchdog.Probe) = (
      "writer", { [writer = routes.writer] answer in writer.post(.probe(answer)) }
    )
    return [writer]
      + workers.enumerated().map { index, worker in
        ("worker-\(index)", { answer in worker.mailbox.post(.probe(answer)) })
      }
  }

  /// Reads the policy file and puts it into force; the writer calls `answer`.
  func reloadPolicy(_ answer: @escaping @Sendable (Result<WipedBytes, Status>) -> Void) {
    let peer = Peer(
      userID: ProcessControl.userID, groupID: ProcessControl.groupID,
      processID: ProcessControl.processID, role: .operator)
    guard let payload = try? Method.adminServiceReloadPolicy.check(Span(), .requests) else {
      preconditionFailure("an empty request is not well formed")
    }
    let command = Command(
      origin: .daemon(answer), method: .adminServiceReloadPolicy, peer: peer,
      credential: .absent, executable: [], payload: payload, deadlineNanoseconds: nil)
    let refusal = routes.quota.admit(command)
    precondition(refusal == nil, "a limit keeps out a command of the daemon")
    routes.policyFile.post(.command(command))
  }

  /// Ends the workers once their calls are answered, and then the threads that they wait for.
  func drain() {
    for worker in workers { worker.mailbox.post(.drain) }
    for thread in workerThreads { thread.join() }
    routes.background.mailbox.post(.stop)
    backgroundThread.join()
    // It is not joined: its file system may hang, and every call has been answered.
    routes.policyFile.post(.stop)
    routes.writer.post(.stop)
    writerThread.join()
    // Last: what the writer has done may not be later than what is noted.
    host.post(.stop)
    hostThread.join()
  }

  /// A thread that can't go on takes the process with it: half a daemon would be worse.
  private static func run(_ name: String, log: Log, _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      log.fail("a thread ended", [("thread", name), ("reason", "\(error)")])
    }
  }
}

/// A thread in a list: what can't be copied can't stand in an array by itself.
final class JoinableThread {
  private var thread: NativeThread?

  init(name: String, _ body: sending @escaping () -> Void) throws(Errno) {
    thread = try NativeThread(name: name, body)
  }

  /// Waits until the thread has ended.
  func join() { thread.take()?.join() }
}
