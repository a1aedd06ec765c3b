"""Sync folders, told from the clients' settings as the clients write them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forensics.config import Files
from forensics.sensors.files.arrivals import Arrivals
from forensics.sensors.files.mounts import Mount
from forensics.sensors.files.sync import Home, SyncFolder, homes, recognised

SETTINGS = {
    ".dropbox/info.json": '{"personal": {"path": "{home}/Dropbox", "host": 1}, "business": {"path": "{home}/Firm"}}',
    ".config/onedrive/config": '# sync_dir = "~/Other"\nsync_dir = "~/Work Drive"\nskip_file = "~*"\n',
    ".config/Nextcloud/nextcloud.cfg": "[Accounts]\n0\\Folders\\1\\localPath={home}/Cloud/\n0\\url=https://cloud\n",
    ".config/ownCloud/owncloud.cfg": "[Accounts]\n0\\FoldersWithPlaceholders\\2\\localPath={home}/Own\n",
    ".local/state/syncthing/config.xml": '<configuration><folder id="a" path="~/Sync"/><folder path="{home}/S2"/>'
    '<defaults><folder path="~"/></defaults></configuration>',
    ".config/Insync/data.db": "",
    ".config/rclone/rclone.conf": "[apple]\ntype = iclouddrive\n[box]\ntype = s3\n",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name, text in SETTINGS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text.replace("{home}", str(tmp_path)))
    for name in ("Dropbox", "Firm", "Work Drive", "Cloud", "Own", "Sync", "S2", "Insync"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_every_client_is_recognised(home: Path) -> None:
    found = recognised([Home(os.getuid(), str(home))])
    assert {(folder.client, os.path.basename(folder.path.rstrip("/"))) for folder in found} == {
        ("Dropbox", "Dropbox"),
        ("Dropbox", "Firm"),
        ("OneDrive", "Work Drive"),
        ("Google Drive", "Insync"),
        ("Nextcloud", "Cloud"),
        ("ownCloud", "Own"),
        ("Syncthing", "Sync"),
        ("Syncthing", "S2"),
    }


def test_mounted_clouds_are_recognised_by_their_program_or_remote(home: Path) -> None:
    table = (
        Mount("/a", "0:1", "/", "fuse.rclone", "apple:"),
        Mount("/b", "0:2", "/", "fuse.rclone", "box:stuff"),
        Mount("/c", "0:3", "/", "fuse.onedriver", "onedriver"),
    )
    found = recognised([Home(os.getuid(), str(home))], table)
    assert found[-2:] == [SyncFolder("iCloud", "/a", "0:1"), SyncFolder("OneDrive", "/c", "0:3")]


@pytest.mark.parametrize("path", ["/", "/etc", "..", "gone", "", "\\u0000"])
def test_settings_make_no_foreign_or_missing_folder_a_sync_folder(tmp_path: Path, path: str) -> None:
    own = tmp_path / "home"
    (own / ".dropbox").mkdir(parents=True)
    named = path if path.startswith(("/", "\\")) else str(own / path) if path else ""
    (own / ".dropbox/info.json").write_text(f'{{"personal": {{"path": "{named}"}}}}')
    assert not recognised([Home(os.getuid() + 1, str(own))])
    if path != "/etc" or os.getuid() != 0:
        assert not recognised([Home(os.getuid(), str(own))])


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[1]", "\ufffd", "<!DOCTYPE x><configuration/>", "<a", "a=b"])
def test_settings_that_are_none_are_passed_over(home: Path, text: str) -> None:
    for name in SETTINGS:
        (home / name).write_text(text)
    assert {folder.client for folder in recognised([Home(os.getuid(), str(home))])} <= {"OneDrive", "Google Drive"}


def test_homes_are_folders_of_users() -> None:
    assert any(home.uid == 0 for home in homes())


def test_a_recognised_folder_is_watched_as_cloud_sync_and_bears_its_client(
    tmp_path: Path,
) -> None:
    settings = f'{{"personal": {{"path": "{tmp_path}/home/Dropbox"}}}}'
    for name, text in ((".dropbox/info.json", settings), ("Dropbox/a", "")):
        (tmp_path / "home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "home" / name).write_text(text)
    own = [Home(os.getuid(), str(tmp_path / "home"))]
    came, went = Arrivals(Files(media=()), [], lambda _: {}, of=lambda: own).compare(())
    assert [(root.role, root.path, root.facts) for root in came] == [
        ("cloud_sync", f"{tmp_path}/home/Dropbox", {"sync.client": "Dropbox"})
    ]
    assert not went
    assert Arrivals(Files(media=(), sync=False), [], lambda _: {}, of=lambda: own).compare(()) == ([], [])
