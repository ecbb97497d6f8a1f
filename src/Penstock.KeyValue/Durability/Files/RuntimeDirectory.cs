using static Penstock.KeyValue.Durability.Files.RuntimeDisk;

namespace Penstock.KeyValue.Durability.Files;

/// <inheritdoc/>
internal sealed class RuntimeDirectory(string path) : DiskDirectory(path)
{
    public override string[] List() => Try(Path, "readdir", () =>
        Directory.EnumerateFileSystemEntries(Path).Select(entry => System.IO.Path.GetFileName(entry)).ToArray());

    public override DiskFile? TryOpen(string name, FileAccess access) =>
        File.Exists(PathOf(name)) ? Open(name, FileMode.Open, access) : null;

    public override DiskFile OpenOrCreate(string name) => Open(name, FileMode.OpenOrCreate, FileAccess.ReadWrite);

    public override void Rename(string from, string to) => Try(PathOf(from), "rename", () =>
    {
        File.Move(PathOf(from), PathOf(to), overwrite: true);
        return 0;
    });

    public override void Delete(string name) => Try(PathOf(name), "unlink", () =>
    {
        File.Delete(PathOf(name));
        return 0;
    });

    /// <summary>Windows has no call for it.</summary>
    public override void Sync()
    {
    }

    public override void Dispose()
    {
    }

    private RuntimeFile Open(string name, FileMode mode, FileAccess access) => Try(PathOf(name), "open", () =>
        new RuntimeFile(PathOf(name), File.OpenHandle(PathOf(name), mode, access, FileShare.ReadWrite)));
}
