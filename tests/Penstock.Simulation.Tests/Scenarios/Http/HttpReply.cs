namespace Penstock.Simulation.Tests.Scenarios.Http;

/// <summary>A response as a client took it apart.</summary>
internal sealed record HttpReply(int Status, byte[] Content, bool SaysClose, int Length);
