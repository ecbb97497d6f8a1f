using Penstock.Interop.Posix;

namespace Penstock.Drivers.Tests.Polling;

/// <summary>Further descriptors of one socket: many ready descriptors without as many connections.</summary>
internal sealed class Duplicates : IDisposable
{
    private readonly List<int> _descriptors = [];

    internal Duplicates(int original, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int descriptor = Libc.Duplicate(original);
            Assert.True(descriptor >= 0);
            _descriptors.Add(descriptor);
        }
    }

    internal IReadOnlyList<int> Descriptors => _descriptors;

    internal int Highest => _descriptors.Max();

    public void Dispose() => _descriptors.ForEach(descriptor => Libc.Close(descriptor));
}
