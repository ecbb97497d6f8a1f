using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
using Penstock.Interop.Linux;
using Penstock.Interop.Posix;
using Penstock.Net;

namespace Penstock.Polling;

/// <summary>
/// A descriptor that any thread can make readable: an eventfd on Linux, a pipe elsewhere. Coalesces: between two
/// acknowledgements at most one signal is written, so neither kind ever blocks.
/// </summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly Lock _closing = new();
    private readonly IDisposable _owner;
    private readonly int _writeEnd;
    private bool _isClosed;
    private int _isRaised;

    private WakeSignal(IDisposable owner, int readEnd, int writeEnd)
    {
        _owner = owner;
        _writeEnd = writeEnd;
        Descriptor = readEnd;
    }

    /// <summary>Readable from <see cref="Raise"/> until <see cref="Consume"/>.</summary>
    internal int Descriptor { get; }

    internal static WakeSignal Create() => OperatingSystem.IsLinux() ? CreateEvent() : CreatePipe();

    internal static WakeSignal CreateEvent()
    {
        int descriptor = LinuxLibc.EventDescriptor();
        if (descriptor < 0)
            throw new PollerException("cannot create an eventfd", -descriptor);
        return new WakeSignal(new SafeFileHandle(descriptor, ownsHandle: true), descriptor, descriptor);
    }

    /// <summary>The runtime's pipe, not libc's: its ends are closed on exec without the variadic fcntl.</summary>
    internal static WakeSignal CreatePipe()
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In, HandleInheritability.None);
        return new WakeSignal(
            pipe, (int)pipe.SafePipeHandle.DangerousGetHandle(), (int)pipe.ClientSafePipeHandle.DangerousGetHandle());
    }

    /// <summary>Makes the descriptor readable. Any thread; nothing after <see cref="Dispose"/>.</summary>
    internal unsafe void Raise()
    {
        if (Interlocked.Exchange(ref _isRaised, 1) != 0)
            return;
        // Without the lock, a late call could write into whatever was opened under the closed number.
        lock (_closing)
        {
            if (_isClosed)
                return;
            // Eight bytes are what an eventfd demands; a pipe takes them as readily as one.
            ulong one = 1;
            int result = Libc.Write(_writeEnd, &one, sizeof(ulong));
            if (result < 0)
                throw new PollerException("cannot wake the poller", -result);
        }
    }

    /// <summary>
    /// Lets the next <see cref="Raise"/> write again. Enough where an edge is watched: each write is a new one, and the
    /// eventfd's count would need 2^64 wakes to fill.
    /// </summary>
    // Exchange, not a plain write: what a coalesced caller published before its Raise must be visible after this.
    internal void Acknowledge() => Interlocked.Exchange(ref _isRaised, 0);

    /// <summary>
    /// Makes the descriptor unreadable again, then as <see cref="Acknowledge"/>. Only after it was readable.
    /// </summary>
    internal unsafe void Consume()
    {
        // In this order. The other way round a signal raised in between would be read here, and lost.
        ulong count;
        int result = Libc.Read(Descriptor, &count, sizeof(ulong));
        if (result < 0 && result != -Errno.EAGAIN)
            throw new PollerException("cannot read the wake signal", -result);
        Acknowledge();
    }

    public void Dispose()
    {
        lock (_closing)
        {
            _isClosed = true;
            _owner.Dispose();
        }
    }
}
