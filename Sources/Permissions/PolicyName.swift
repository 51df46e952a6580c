/// The name of a role or a team in a policy: an index into its names, like `Action`.
package struct PolicyName: Sendable, Hashable {
  let index: UInt16
}
