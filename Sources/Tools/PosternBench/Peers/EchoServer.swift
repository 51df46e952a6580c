internal import CLinux
internal import Glibc
internal import Platform

/// The echo's process: for every request's number of bytes it sends an answer's number of zeros.
struct EchoServer: ~Copyable {
  private let listener: UnixListener
  private let requestByteCount: Int
  private let replyByteCount: Int
  private var poller: Poller
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)
  private let replies: [UInt8]
  /// By descriptor.
  private var connections = [EchoConnection?](repeating: nil, count: 1024)

  /// - Parameter arguments: the socket's path, the bytes of a request and of a reply.
  /// - Throws: the arguments make no sense, or the path can't be listened at.
  init(_ arguments: [String]) throws(BenchFailure) {
    guard arguments.count == 3, let request = Int(arguments[1]), let reply = Int(arguments[2]),
      request > 0, reply > 0
    else { throw BenchFailure("the echo takes a path and two sizes") }
    let opened: UnixListener
    do { opened = try UnixListener(path: arguments[0]) } catch { throw BenchFailure("\(error)") }
    let watching = try Poller(capacity: 64)
    try watching.watch(opened.rawValue, as: Int(opened.rawValue))
    listener = opened
    poller = watching
    requestByteCount = request
    replyByteCount = reply
    replies = [UInt8](repeating: 0, count: (buffer.count / request + 1) * reply)
  }

  /// Serves until it is ended, or its parent process is gone.
  mutating func run() throws(BenchFailure) {
    let parent = getppid()
    while getppid() == parent {
      for position in 0..<(try poller.wait(timeoutMilliseconds: 1000)) {
        let key = poller.key(position)
        if key == Int(listener.rawValue) { try accept() } else { answer(key) }
      }
    }
  }

  private mutating func accept() throws(BenchFailure) {
    do {
      guard case .connection(let socket) = try listener.accept() else { return }
      let key = Int(socket.rawValue)
      guard connections.indices.contains(key) else { return }
      try poller.watch(socket.rawValue, as: key)
      connections[key] = EchoConnection(socket)
    } catch { throw BenchFailure("can't accept: \(error)") }
  }

  private mutating func answer(_ key: Int) {
    guard let connection = connections[key] else { return }
    // SAFETY: the pointer doesn't leave the closure.
    let outcome = unsafe try? buffer.withUnsafeMutableBytes { (bytes) throws(Errno) in
      unsafe try connection.socket.read(into: bytes)
    }
    guard case .bytes(let count) = outcome else {
      connections[key] = nil
      return
    }
    let arrived = connection.pendingByteCount + count
    connection.pendingByteCount = arrived % requestByteCount
    let replyCount = arrived / requestByteCount
    guard replyCount > 0 else { return }
    let byteCount = replyCount * replyByteCount
    let isSent = (try? connection.socket.sendAll(replies.span.extracting(0..<byteCount))) != nil
    if !isSent { connections[key] = nil }
  }
}

/// A connection of the echo.
final class EchoConnection {
  let socket: FileDescriptor
  /// The bytes of a request that has arrived in part.
  var pendingByteCount = 0

  init(_ socket: consuming FileDescriptor) {
    self.socket = socket
  }
}

/// The lower bound: a server that only moves bytes, in its own process, with the daemon's processor
/// and kind of socket. No server can answer this client faster.
struct EchoPeer {
  /// The hidden first argument by which this program becomes the server.
  static let role = "--serve-echo"

  let socketPath: String
  let process: ChildProcess
  private let requestByteCount: Int
  private let replyByteCount: Int

  init(folder: WorkFolder, requestByteCount: Int, replyByteCount: Int) throws(BenchFailure) {
    self.requestByteCount = requestByteCount
    self.replyByteCount = replyByteCount
    socketPath = folder.file("echo.sock")
    process = try ChildProcess.start(
      "/proc/self/exe",
      [Self.role, socketPath, "\(requestByteCount)", "\(replyByteCount)"],
      name: "the echo", logPath: folder.file("echo.log"))
    try process.awaitSocket(socketPath)
  }

  func conversation() throws(BenchFailure) -> FixedReplyConversation {
    FixedReplyConversation(
      name: "the echo",
      ring: try RequestRing(Array(0..<64)) { frame, _ in
        frame += [UInt8](repeating: 0, count: requestByteCount)
      },
      replyByteCount: replyByteCount, prefix: [])
  }
}
