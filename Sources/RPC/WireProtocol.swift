/// The protocol that a connection speaks.
package enum WireProtocol: Int, CaseIterable, Sendable {
  case ttrpc
  case grpc

  package var name: String { "\(self)" }
}
