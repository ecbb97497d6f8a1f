using System.Net;

namespace Penstock;

/// <summary>
/// A listening socket that this process was started with, as service managers hand one over: socket activation, or the
/// previous version of a server that is being replaced without refusing anybody.
/// </summary>
/// <param name="descriptor">The descriptor; the server takes it over and closes it when it stops.</param>
public sealed class DescriptorEndPoint(int descriptor) : EndPoint
{
    /// <summary>The listening socket's descriptor.</summary>
    public int Descriptor => descriptor;

    /// <inheritdoc/>
    public override string ToString() => $"descriptor {descriptor}";
}
