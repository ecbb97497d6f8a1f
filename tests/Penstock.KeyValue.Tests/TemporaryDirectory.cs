namespace Penstock.KeyValue.Tests;

/// <summary>A directory that is gone when the test is.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("penstock-kv-").FullName;

    /// <summary>The only log there is.</summary>
    public string Log => Directory.GetFiles(Path, "log-*").Single();

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
