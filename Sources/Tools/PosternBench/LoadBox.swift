/// Keeps one conversation for all shapes and rounds, because its requests take a while to make.
final class LoadBox<Talk: Conversation> {
  var talk: Talk
  let socketPaths: [String]
  private let processes: [ChildProcess]
  private var processIDs: [Int32] { processes.map(\.processID) }

  init(_ talk: Talk, socketPath: String, process: ChildProcess) {
    self.talk = talk
    socketPaths = [socketPath]
    processes = [process]
  }

  convenience init(_ talk: Talk, on postern: PosternPeer) {
    self.init(talk, socketPath: postern.socketPath, process: postern.process)
  }

  /// A load whose connections are spread over hosts of a fleet.
  init(_ talk: Talk, hosts: [FleetHost]) {
    self.talk = talk
    socketPaths = hosts.map(\.socketPath)
    processes = hosts.map(\.process)
  }

  func measure(_ name: String, _ shape: Shape) -> Measure {
    Measure(name: "\(name)-\(shape.name)", shape: shape) { nanoseconds throws(BenchFailure) in
      try self.run(shape, until: .nanoseconds(nanoseconds))
    }
  }

  func run(_ shape: Shape, until limit: RunLimit) throws(BenchFailure) -> Figure {
    var loop = try LoadLoop<Talk>(
      shape: shape, socketPaths: socketPaths, serverProcessIDs: processIDs)
    return try loop.run(&talk, until: limit)
  }

  /// The conversation after its runs.
  var conversation: Talk { talk }

  /// Ends the servers.
  func stop() {
    for process in processes { process.stop() }
  }
}
