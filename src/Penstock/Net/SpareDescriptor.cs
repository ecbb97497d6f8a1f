using Microsoft.Win32.SafeHandles;

namespace Penstock.Net;

/// <summary>
/// A descriptor held in reserve, so that a process that has run out of them can still take waiting connections in order
/// to turn them away: a peer that is told at once can go elsewhere, one that waits in the backlog runs into its
/// timeout.
/// </summary>
internal sealed class SpareDescriptor : IDisposable
{
    private SafeFileHandle? _spare = Reserve();

    /// <summary>Turns away up to <paramref name="limit"/> waiting connections; returns how many.</summary>
    public int TurnAway(SocketHandle listener, int limit)
    {
        if (!listener.IsDescriptor)
            return 0;
        _spare?.Dispose();
        int count = 0;
        while (count < limit)
        {
            int accepted = NativeSocket.Accept(listener.Descriptor);
            if (accepted < 0)
                break;
            SocketHandle.FromDescriptor(accepted).Close();
            count++;
        }

        // Another thread may have taken the number meanwhile; then there is none in reserve until the next time.
        _spare = Reserve();
        return count;
    }

    public void Dispose() => _spare?.Dispose();

    private static SafeFileHandle? Reserve()
    {
        try
        {
            return File.OpenHandle(OperatingSystem.IsWindows() ? "NUL" : "/dev/null");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
