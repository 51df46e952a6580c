/// An action of one policy: an index into its tables.
///
/// Hazard: it means nothing in another policy, so it doesn't outlive the call that looked it up.
package struct Action: Sendable, Hashable {
  let index: UInt16
}
