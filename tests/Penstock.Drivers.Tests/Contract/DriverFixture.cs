using System.Net.Sockets;
using Penstock.Net;

namespace Penstock.Drivers.Tests.Contract;

/// <summary>
/// All that varies between the drivers under <see cref="DriverContract"/>. A new driver overrides little.
/// </summary>
internal abstract class DriverFixture
{
    /// <summary>Makes the driver. Skips the test where this machine lacks the mechanism.</summary>
    public abstract IoDriver Create(DriverLimits limits);

    /// <summary>Whether a wait sleeps while nothing happens.</summary>
    public virtual bool Sleeps => true;

    /// <summary>How many slots one driver can serve, listeners included.</summary>
    public virtual int MaxSlots => int.MaxValue;

    /// <summary>How many connections a storm of them can get accepted before other slots have their turn.</summary>
    public virtual int MaxAcceptsInARow => 64;

    /// <summary>Why the driver cannot listen, or null.</summary>
    public virtual string? CannotListen => null;

    /// <summary>Why the driver cannot connect, or null.</summary>
    public virtual string? CannotConnect => null;

    /// <summary>Why the driver cannot receive while it sends, or null.</summary>
    public virtual string? CannotDoBothWays => null;

    /// <summary>Why the driver allocates in its steady state, or null.</summary>
    public virtual string? Allocates => null;

    /// <summary>Why the driver cannot bound what it reads of one slot in a turn, or null.</summary>
    public virtual string? CannotBoundReads => null;

    /// <summary>
    /// Whether the driver closes the descriptor itself, so that its number is free when Closed arrives.
    /// </summary>
    public virtual bool WorksOnDescriptors => true;

    /// <summary>Turns a managed socket, still unused, into the form that the driver takes.</summary>
    public virtual SocketHandle HandOver(Socket socket)
    {
        socket.Blocking = false;
        return SocketHandle.Detach(socket);
    }

    /// <summary>
    /// Accepts a connection that waits in a blocking listener's backlog, in the form that the driver takes.
    /// </summary>
    public virtual SocketHandle AcceptOn(Socket listener)
    {
        int descriptor = NativeSocket.Accept((int)listener.SafeHandle.DangerousGetHandle());
        Assert.True(descriptor >= 0, Errno.Describe(descriptor));
        return SocketHandle.FromDescriptor(descriptor);
    }
}
