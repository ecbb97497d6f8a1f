namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>One request and everything that its answer must be.</summary>
/// <param name="Bytes">The request as it is sent.</param>
/// <param name="Status">The status of the answer.</param>
/// <param name="Content">The content of the answer; null for whatever an error says.</param>
/// <param name="IsHead">The answer ends with its head, whatever length it names.</param>
/// <param name="Closes">The connection ends with the answer.</param>
/// <param name="Continues">The client is told 100 first.</param>
internal sealed record HttpCall(
    byte[] Bytes, int Status, byte[]? Content, bool IsHead = false, bool Closes = false, bool Continues = false);
