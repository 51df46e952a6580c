/// Why the sockets that a service manager passed can't be served, and what to do about it.
package enum ActivationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A variable of the protocol has no value that it may have.
  case malformed(variable: String, value: String)
  /// Not as many names as descriptors.
  case namesDiffer(nameCount: Int, descriptorCount: Int)
  /// No open file is behind the number.
  case notOpen(descriptor: Int32, name: String)
  /// Something other than a Unix stream socket that listens.
  case notAListener(descriptor: Int32, name: String, found: String)
  /// The socket has no path: any process could open it.
  case abstract(descriptor: Int32, name: String, address: String)
  /// A call failed.
  case failed(descriptor: Int32, name: String, error: Errno)

  package var description: String {
    switch self {
    case .malformed(let variable, let value):
      "the environment has \(variable)=`\(value)`, which is no number that it may have: "
        + "let the service manager set it, or unset it"
    case .namesDiffer(let nameCount, let descriptorCount):
      "LISTEN_FDNAMES has \(nameCount) names for \(descriptorCount) sockets: "
        + "let the service manager set both"
    case .notOpen(let descriptor, let name):
      "\(Self.subject(descriptor, name)) is not open: "
        + "LISTEN_FDS says more than the service manager passed"
    case .notAListener(let descriptor, let name, let found):
      "\(Self.subject(descriptor, name)) is \(found), and a Unix stream socket that listens is "
        + "needed: use ListenStream= with a path, and Accept=no"
    case .abstract(let descriptor, let name, let address):
      "\(Self.subject(descriptor, name)) is the abstract socket `\(address)`, which any process "
        + "could open: use ListenStream= with a path"
    case .failed(let descriptor, let name, let error):
      "\(Self.subject(descriptor, name)) can't be used: \(error)"
    }
  }

  private static func subject(_ descriptor: Int32, _ name: String) -> String {
    "the inherited descriptor \(descriptor) (`\(name)`)"
  }
}
