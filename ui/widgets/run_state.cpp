// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/run_state.h"

#include <QCoreApplication>

namespace lolcats {

QString stateWord(RunState state) {
    const QString word = QString::fromLatin1(runStateName(state));
    return word.left(1).toUpper() + word.mid(1);
}

QString stateIconName(RunState state) {
    return QStringLiteral("state-") + QString::fromLatin1(runStateName(state));
}

Token stateTint(RunState state) {
    switch (state) {
    case RunState::Running:
    case RunState::Preparing:
        return Token::Accent;
    case RunState::Completed:
        return Token::Good;
    case RunState::Failed:
        return Token::Bad;
    case RunState::Interrupted:
        return Token::Warn;
    case RunState::Draft:
    case RunState::Paused:
    case RunState::Stopped:
        return Token::Muted;
    }
    return Token::Muted;
}

QIcon stateIcon(RunState state, const Theme& theme) {
    return theme.icon(stateIconName(state), stateTint(state));
}

bool mayPause(RunState state) {
    return state == RunState::Running;
}
bool mayResume(RunState state) {
    return state == RunState::Paused || state == RunState::Stopped || state == RunState::Interrupted ||
           state == RunState::Failed;
}
bool mayStop(RunState state) {
    return state == RunState::Running || state == RunState::Paused || state == RunState::Preparing;
}

QString stageWord(Stage stage) {
    switch (stage) {
    case Stage::Prepare:
        return QCoreApplication::translate("stage", "preparing");
    case Stage::Transfer:
        return QCoreApplication::translate("stage", "transfer");
    case Stage::Finetune:
        return QCoreApplication::translate("stage", "LoRA");
    case Stage::Measure:
        return QCoreApplication::translate("stage", "measuring");
    case Stage::Export:
        return QCoreApplication::translate("stage", "export");
    }
    return {};
}

} // namespace lolcats
