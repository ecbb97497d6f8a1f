using System.Net;

namespace Penstock;

/// <summary>
/// A listening socket that this process was started with, as service managers hand one over: socket activation, or the
/// previous version of a server that is being replaced without refusing anybody.
/// </summary>
/// <param name="descriptor">The descriptor.</param>
/// <param name="ownsDescriptor">
/// Whether the server closes it when it stops; otherwise it works on a duplicate, and the original stays the caller's.
/// </param>
public sealed class DescriptorEndPoint(int descriptor, bool ownsDescriptor = true) : EndPoint
{
    /// <summary>The listening socket's descriptor.</summary>
    public int Descriptor => descriptor;

    /// <summary>Whether the server closes the descriptor when it stops.</summary>
    public bool OwnsDescriptor => ownsDescriptor;

    /// <inheritdoc/>
    public override string ToString() => $"descriptor {descriptor}";
}
